#!/usr/bin/env python3
"""The stand-in against what recordings of the real service show: status, which headers, which states, for each kind of
call. Recorded by the test suites of azure-cli and azure-powershell; only the facts are here.

    facts.py MANAGEMENT_URL TOKEN
"""
import json
import sys
import urllib.error
import urllib.request

BASE, TOKEN = sys.argv[1:]
GROUP = '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/facts'
COMPUTE, NETWORK = GROUP + '/providers/Microsoft.Compute', GROUP + '/providers/Microsoft.Network'
problems = 0


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.body = status, json.loads(body) if body else None
        self.headers = {k.lower(): v for k, v in headers}

    def names(self):
        return {n for n in ('azure-asyncoperation', 'location', 'retry-after') if n in self.headers}


def call(method, path, body=None, url=None):
    request = urllib.request.Request(url or f'{BASE}{path}{"&" if "?" in path else "?"}api-version=2023-10-02',
                                     json.dumps(body).encode() if body is not None else None, method=method,
                                     headers={'Authorization': f'Bearer {TOKEN}', 'Content-Type': 'application/json'})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request) as answer:
            return Answer(answer.status, answer.getheaders(), answer.read())
    except urllib.error.HTTPError as e:
        return Answer(e.code, e.headers.items(), e.read())


def fact(name, found, wanted):
    global problems
    if found != wanted:
        problems += 1
        print(f'FAIL  {name}: {found!r}, recorded is {wanted!r}')
    else:
        print(f'ok    {name}')


def end(answer):
    """The last poll, and the ones before."""
    url = answer.headers['azure-asyncoperation']
    states = []
    while True:
        poll = call('GET', '', url=url)
        states.append(poll.body['status'])
        if states[-1] in ('Succeeded', 'Failed', 'Canceled'):
            return poll, states


def location_end(answer):
    urls = [answer.headers['location']]
    while True:
        poll = call('GET', '', url=urls[-1])
        if poll.status != 202:
            return poll, urls
        urls.append(poll.headers['location'])


call('PUT', GROUP, {'location': 'westus3'})
disk = COMPUTE + '/disks/d'
body = {'location': 'westus3', 'properties': {'creationData': {'createOption': 'Upload', 'uploadSizeBytes': 1049088},
                                              'securityProfile': {'securityType': 'ConfidentialVM_NonPersistedTPM'}}}
put = call('PUT', disk, body)
fact('PUT disk: status', put.status, 202)
fact('PUT disk: headers', put.names(), {'azure-asyncoperation', 'location'})
fact('PUT disk: state', put.body['properties']['provisioningState'], 'Creating')
fact('PUT disk: no diskState yet', 'diskState' in put.body['properties'], False)
fact('poll addresses have 3.6 KB at least', min(len(put.headers[h]) for h in put.names()) >= 3600, True)
end(put)
fact('GET disk: diskState', call('GET', disk).body['properties']['diskState'], 'ReadyToUpload')
grant = call('POST', disk + '/beginGetAccess', {'access': 'Write', 'durationInSeconds': 3600})
fact('beginGetAccess: status', grant.status, 202)
fact('beginGetAccess: headers, without Retry-After', grant.names(), {'azure-asyncoperation', 'location'})
fact('beginGetAccess: empty', grant.body, None)
fact('beginGetAccess: the address is in the polling answer', 'accessSAS' in end(grant)[0].body['properties']['output'], True)
sas = location_end(grant)[0].body['accessSAS']
fact('beginGetAccess: Location has the bare object', 'sr=b&si=' in sas and '&se=' not in sas, True)
fact('an open disk', call('GET', disk).body['properties']['diskState'], 'ActiveUpload')
blocked = call('DELETE', GROUP)
fact('DELETE group: status', blocked.status, 202)
fact('DELETE group: headers', blocked.names(), {'location', 'retry-after'})
last, urls = location_end(blocked)
fact('DELETE group with an open disk: late 409', last.status, 409)
fact('each poll has a new address', len(set(urls)) == len(urls) > 1, True)
fact('its code', last.body['error']['code'], 'ResourceGroupDeletionBlocked')
inner = json.loads(last.body['error']['details'][0]['message'])
fact('JSON in a text', inner['error']['code'], 'OperationNotAllowed')
fact('DELETE an open disk', call('DELETE', disk).body['error']['code'], 'OperationNotAllowed')
revoke = call('POST', disk + '/endGetAccess')
fact('endGetAccess: 200 or 202', revoke.status in (200, 202), True)
end(revoke)
fact('after it', call('GET', disk).body['properties']['diskState'], 'Unattached')
fact('another security type cannot be uploaded', call('PUT', COMPUTE + '/disks/e', dict(body, properties=dict(
    body['properties'], securityProfile={'securityType': 'ConfidentialVM_VMGuestStateOnlyEncryptedWithPlatformKey'}
))).status, 400)
fact('a disk of another size', call('PUT', disk, {'location': 'westus3', 'properties': {'creationData': {
    'createOption': 'Upload', 'uploadSizeBytes': 2097664}}}).body['error']['code'], 'PropertyChangeNotAllowed')
gallery = call('PUT', COMPUTE + '/galleries/g', {'location': 'westus3'})
fact('PUT gallery: status', gallery.status, 201)
fact('PUT gallery: headers', gallery.names(), {'azure-asyncoperation'})
fact('PUT gallery: state', gallery.body['properties']['provisioningState'], 'Creating')
last, states = end(gallery)
fact('PUT gallery: the poll has no output', 'properties' in last.body, False)
fact('PUT gallery: InProgress, then Succeeded', states, ['InProgress', 'Succeeded'])
removal = call('DELETE', COMPUTE + '/galleries/g')
fact('DELETE gallery: status', removal.status, 202)
fact('DELETE gallery: headers', removal.names(), {'azure-asyncoperation', 'location'})
fact('DELETE gallery: empty', removal.body, None)
end(removal)
fact('DELETE what is absent', call('DELETE', COMPUTE + '/galleries/g').status, 204)
nic = NETWORK + '/networkInterfaces/n'
for name, kind in (('v', 'virtualNetworks'), ('s', 'networkSecurityGroups'), ('i', 'publicIPAddresses')):
    end(call('PUT', f'{NETWORK}/{kind}/{name}', {'location': 'westus3', 'properties': {}}))
end(call('PUT', nic, {'location': 'westus3', 'properties': {
    'networkSecurityGroup': {'id': NETWORK + '/networkSecurityGroups/s'},
    'ipConfigurations': [{'properties': {'subnet': {'id': NETWORK + '/virtualNetworks/v/subnets/x'},
                                         'publicIPAddress': {'id': NETWORK + '/publicIPAddresses/i'}}}]}}))
fact('what was just made may not show', call('GET', nic).status, 404)
fact('and then does', call('GET', nic).status, 200)
fact('ids change case', 'resourcegroups' in call('GET', nic).body['id'], True)
fact('a network in use', call('DELETE', NETWORK + '/virtualNetworks/v').body['error']['code'], 'InUseSubnetCannotBeDeleted')
fact('an address in use', call('DELETE', NETWORK + '/publicIPAddresses/i').body['error']['code'],
     'PublicIPAddressCannotBeDeleted')
account = call('PUT', GROUP + '/providers/Microsoft.Storage/storageAccounts/devstoreaccount1', {'location': 'westus3'})
fact('PUT storage account: status', account.status, 202)
fact('PUT storage account: only Location', account.names() - {'retry-after'}, {'location'})
TOKEN = 'expired'
refused = call('GET', GROUP)
fact('an expired token: status', refused.status, 401)
fact('it names the tenant', 'authorization_uri="https://login.windows.net/' in refused.headers['www-authenticate'], True)
sys.exit(bool(problems))
