#!/usr/bin/env python3
"""Azure's management API as far as tdnode asks it, with the semantics that recordings of the real service show:
README.md. Blobs are Azurite's, behind blob_proxy.py.

    management.py --proxy URL --azurite PORT [--port PORT] [--state FILE] [--record FILE]

Prints "port N" once it listens. Also a module: ManagementServer is the server, its `azure` the state.
"""
import argparse
import base64
import copy
import hashlib
import http.client
import http.server
import json
import os
import re
import signal
import socket
import struct
import sys
import threading
import time
import urllib.parse
import urllib.request
import uuid

from blob_proxy import ACCOUNT, KEY, Blobs

SUBSCRIPTION = '11111111-2222-3333-4444-555555555555'
TENANT = '99999999-8888-7777-6666-555555555555'
CLIENT = '12345678-1234-1234-1234-123456789012'
SECRET = 'c~very~secret~indeed'
TOKEN = 'eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.dG9rZW4tb2YtdGhlLXN0YW5kLWlu.'
# The real ones embed a certificate: 3.6 to 5 KB in each of two headers.
LONG = 't=1&c=' + 'MIIHaDCCBlCgAwIBAgITHgX' * 170 + '&s=' + 'x' * 340 + '&h=' + 'y' * 43
POLLS = 1


class Refusal(Exception):
    """An answer with an error."""

    def __init__(self, status, code, message, target=None, headers=(), raw=None):
        super().__init__(code)
        self.status, self.code, self.message, self.target = status, code, message, target
        self.headers, self.raw = dict(headers), raw

    def body(self):
        if self.raw:
            return self.raw
        error = {'code': self.code, 'message': self.message}
        if self.target:
            error['target'] = self.target
        return {'error': error}


def skus():
    def sku(name, family, cpus, memory, tee=None, zones=('1', '2', '3'), restrictions=()):
        return {'resourceType': 'virtualMachines', 'name': name, 'family': family, 'locations': ['westus3'],
                'locationInfo': [{'location': 'westus3', 'zones': list(zones)}], 'restrictions': list(restrictions),
                'capabilities': [{'name': n, 'value': v} for n, v in (
                    ('vCPUs', str(cpus)), ('MemoryGB', str(memory)), ('HyperVGenerations', 'V2'),
                    ('UncachedDiskIOPS', '6400'), ('DiskControllerTypes', 'NVMe'))
                    + ((('ConfidentialComputingType', tee),) if tee else ())]}
    location = {'type': 'Location', 'values': ['westus3'], 'reasonCode': 'NotAvailableForSubscription',
                'restrictionInfo': {'locations': ['westus3']}}
    zone = {'type': 'Zone', 'values': ['westus3'], 'reasonCode': 'NotAvailableForSubscription',
            'restrictionInfo': {'locations': ['westus3'], 'zones': ['1']}}
    return [sku('Standard_D4s_v5', 'standardDSv5Family', 4, 16),
            sku('Standard_DC4as_v5', 'standardDCASv5Family', 4, 16, 'SNP'),
            sku('Standard_DC2es_v6', 'standardDCEV6Family', 2, 8, 'TDX', restrictions=[zone]),
            sku('Standard_EC4es_v6', 'standardECEV6Family', 4, 32, 'TDX', zones=['3']),
            sku('Standard_EC8es_v6', 'standardECEV6Family', 8, 64, 'TDX', restrictions=[location]),
            sku('Standard_EC128es_v6', 'standardECEV6Family', 128, 1024, 'TDX', zones=['3'])]


ASYNC_ONLY = 201  # galleries, networks, deployments
BOTH = 202  # disks
LOCATION_ONLY = 'location'  # accounts

# What a PUT of a type answers with, as recorded.
PUTS = {
    'microsoft.compute/disks': BOTH,
    'microsoft.compute/virtualmachines': ASYNC_ONLY,
    'microsoft.compute/galleries': ASYNC_ONLY,
    'microsoft.compute/galleries/images': ASYNC_ONLY,
    'microsoft.compute/galleries/images/versions': ASYNC_ONLY,
    'microsoft.network/virtualnetworks': ASYNC_ONLY,
    'microsoft.network/networksecuritygroups': ASYNC_ONLY,
    'microsoft.network/publicipaddresses': ASYNC_ONLY,
    'microsoft.network/networkinterfaces': ASYNC_ONLY,
    'microsoft.storage/storageaccounts': LOCATION_ONLY,
    'microsoft.storage/storageaccounts/blobservices/containers': None,
    'microsoft.resources/deployments': ASYNC_ONLY,
}


class Azure:
    """What there is. One lock: the real service has many, and no order between them either."""

    def __init__(self, proxy, azurite):
        self.proxy, self.blobs, self.lock = proxy, Blobs(azurite), threading.RLock()
        self.permissions = [{'actions': ['*'], 'notActions': []}]
        self.reset()

    def reset(self):
        with self.lock:
            self.resources, self.operations, self.groups = {}, {}, {}
            self.hidden = {}  # just made: the first GETs do not see it
            self.providers = {n: 'Registered' for n in ('Microsoft.Compute', 'Microsoft.Network', 'Microsoft.Storage')}
            self.usage = {'cores': [0, 100], 'standardDCEV6Family': [0, 16], 'standardECEV6Family': [0, 16]}
            self.counts, self.contents, self.console = {}, {}, 'booting\r\n'
            # Tokens that were given each serve so many calls; 0: all of them. How long they are said to live.
            self.token_calls, self.token_life, self.sign_ins, self.given = 0, 3599, 0, {}
            self.tokens = {TOKEN}
            self.faults = []
            self.calls = 0
            self.address = None

    # Tokens.

    def new_token(self):
        self.sign_ins += 1
        if not self.token_calls:
            return TOKEN
        token = f'{TOKEN}{self.sign_ins}'
        self.given[token] = self.token_calls
        return token

    def takes(self, token):
        if self.given.get(token, 0) > 0:
            self.given[token] -= 1
            return True
        return token in self.tokens and not self.token_calls

    # Operations.

    def begin(self, finish, polls=POLLS):
        op = str(uuid.uuid4())
        self.operations[op] = {'polls': polls, 'finish': finish, 'status': 'InProgress', 'output': None, 'error': None}
        return op

    def step(self, op):
        """One poll."""
        o = self.operations[op]
        if o['status'] == 'InProgress':
            if o['polls'] > 0:
                o['polls'] -= 1
            else:
                try:
                    o['output'] = o['finish']()
                    o['status'] = 'Succeeded'
                except Refusal as e:
                    o['status'], o['error'] = 'Failed', e
        return o

    def settle(self, resource_id):
        """The resource's own operations go on though nobody polls."""
        for o in list(self.operations):
            if self.operations[o].get('of') == resource_id:
                for _ in range(POLLS + 1):
                    self.step(o)

    def settle_all(self):
        """As long after as everything takes."""
        with self.lock:
            for op in list(self.operations):
                for _ in range(POLLS + 3):
                    self.step(op)

    def settle_unwatched(self, resource_id):
        """A GET of what is under way: each brings it a step further, as time would."""
        for op in list(self.operations):
            if self.operations[op].get('of') == resource_id:
                self.step(op)

    # Resources.

    def get(self, rid):
        return self.resources.get(rid.lower())

    def of_group(self, group):
        at = f'/subscriptions/{SUBSCRIPTION}/resourcegroups/{group}/'.lower()
        return [r for k, r in self.resources.items() if k.startswith(at)]

    def is_child(self, r):
        return r['type'].lower() in ('microsoft.resources/deployments',
                                     'microsoft.storage/storageaccounts/blobservices/containers')

    def snapshot(self):
        """All that is there, without what differs between runs."""
        def plain(value):
            if isinstance(value, dict):
                return {k: plain(v) for k, v in value.items() if k not in ('timeCreated', 'uniqueId')}
            return [plain(v) for v in value] if isinstance(value, list) else value
        with self.lock:
            return {'groups': plain(self.groups), 'providers': dict(self.providers),
                    'resources': {k: plain(r) for k, r in sorted(self.resources.items())
                                  if r['type'].lower() != 'microsoft.resources/deployments'},
                    'contents': dict(sorted(self.contents.items()))}

    def blob_digest(self, path):
        status, _, body = self.blobs.call('GET', path, {})
        return hashlib.sha256(body).hexdigest() if status == 200 else None

    def put(self, rid, kind, body, force=False):
        """Checks, makes, and says what finishes it."""
        kind = kind.lower()
        old = self.get(rid)
        if old and old['properties'].get('provisioningState') in ('Creating', 'Updating', 'Deleting') and not force:
            self.settle(rid.lower())
            old = self.get(rid)
        made = {'id': rid, 'name': rid.rsplit('/', 1)[1], 'type': kind, **copy.deepcopy(body)}
        made.setdefault('properties', {})
        check = getattr(self, 'check_' + kind.rsplit('/', 1)[1], None)
        if check:
            check(made, old)
        made['properties']['provisioningState'] = 'Updating' if old else 'Creating'
        self.resources[rid.lower()] = made
        if not old:
            self.hidden[rid.lower()] = 1 if kind.endswith('networkinterfaces') else 0
        finish = getattr(self, 'finish_' + kind.rsplit('/', 1)[1], lambda r: None)

        def done():
            resource = self.get(rid)
            if resource is None:
                raise Refusal(404, 'ResourceNotFound', f"The Resource '{rid}' was not found.")
            try:
                finish(resource)
            except Refusal:
                resource['properties']['provisioningState'] = 'Failed'
                raise
            resource['properties']['provisioningState'] = 'Succeeded'
            return None
        return done

    def container_of(self, disk):
        return 'md-' + hashlib.sha256((disk['id'].lower() + disk['properties']['uniqueId']).encode()).hexdigest()[:20]

    def check_disks(self, disk, old):
        p = disk['properties']
        if old:
            if old['properties']['creationData'] != p['creationData'] and p['creationData']['createOption'] == 'Upload':
                raise Refusal(409, 'PropertyChangeNotAllowed',
                              "Changing property 'creationData.uploadSizeBytes' is not allowed.")
            kept = {k: old['properties'][k] for k in ('diskState', 'uniqueId', 'timeCreated', 'managedBy')
                    if k in old['properties']}
            if p.get('diskSizeGB', 0) < old['properties'].get('diskSizeGB', 0):
                raise Refusal(409, 'OperationNotAllowed', 'Disk cannot be resized to a smaller size.')
            p.update(kept)
            return
        p['uniqueId'] = str(uuid.uuid4())
        p['timeCreated'] = time.strftime('%FT%TZ', time.gmtime())
        security = p.get('securityProfile', {}).get('securityType', '')
        if p['creationData']['createOption'] == 'Upload' and 'ConfidentialVM' in security \
                and security != 'ConfidentialVM_NonPersistedTPM':
            raise Refusal(400, 'BadRequest', f"Security Type '{security}' is not supported for CreateOption 'Upload'. "
                          'Supported create options are FromImage, ImportSecure, UploadPreparedSecure')

    def finish_disks(self, disk):
        p = disk['properties']
        if 'diskState' in p:
            return
        if p['creationData']['createOption'] == 'Upload':
            p['diskState'] = 'ReadyToUpload'
            container = self.container_of(disk)
            self.blobs.make_container(container)
            self.blobs.call('PUT', container + '/abcd', {}, headers={
                'x-ms-blob-type': 'PageBlob', 'x-ms-blob-content-length': str(p['creationData']['uploadSizeBytes'])})
        else:
            p['diskState'] = 'Unattached'

    def check_galleries(self, gallery, old):
        pass

    def check_versions(self, version, old):
        source = version['properties']['storageProfile']['osDiskImage']['source']
        if not self.get(version['id'].rsplit('/versions/', 1)[0]):
            raise Refusal(404, 'ParentResourceNotFound', 'The image definition is not there.')
        if 'uri' not in source:
            return
        path = urllib.parse.urlparse(source['uri']).path.split('/', 2)[2]
        if not self.get(source['storageAccountId']):
            raise Refusal(404, 'ResourceNotFound', 'The storage account is not there.')
        if old and old['properties'].get('provisioningState') == 'Succeeded':
            return
        digest = self.blob_digest(path)
        if not digest:
            raise Refusal(400, 'InvalidParameter', f"The source blob '{source['uri']}' does not exist.", 'source')
        self.contents[version['id'].lower()] = digest

    def finish_versions(self, version):
        version['properties']['replicationStatus'] = {'aggregatedState': 'Completed', 'summary': []}

    def check_storageaccounts(self, account, old):
        account['properties']['primaryEndpoints'] = {'blob': f'{self.proxy}/{account["name"]}/'}
        if account['name'] != ACCOUNT:
            raise Refusal(409, 'StorageAccountAlreadyTaken',
                          f'The storage account named {account["name"]} is already taken.')

    def check_containers(self, container, old):
        self.blobs.make_container(container['name'])

    def finish_publicipaddresses(self, address):
        # Of those that documents may use (RFC 5737).
        n = int(hashlib.sha256(address['id'].lower().encode()).hexdigest()[:2], 16)
        address['properties']['ipAddress'] = self.address or f'203.0.113.{n}'

    def need(self, rid, what):
        found = self.get(rid)
        if not found:
            raise Refusal(404, 'ResourceNotFound', f"The Resource '{what}' under resource group was not found.")
        return found

    def check_networkinterfaces(self, nic, old):
        for ip in nic['properties']['ipConfigurations']:
            self.need(ip['properties']['subnet']['id'].rsplit('/subnets/', 1)[0], 'virtualNetworks')
            self.need(ip['properties']['publicIPAddress']['id'], 'publicIPAddresses')
        self.need(nic['properties']['networkSecurityGroup']['id'], 'networkSecurityGroups')
        if old:
            nic['properties'].update({k: v for k, v in old['properties'].items() if k == 'virtualMachine'})

    def check_virtualmachines(self, vm, old):
        p = vm['properties']
        size = p['hardwareProfile']['vmSize']
        known = [s for s in skus() if s['name'].lower() == size.lower()]
        if not known:
            raise Refusal(400, 'InvalidParameter', f"The value {size} provided for the VM size is not valid.")
        if p.get('securityProfile', {}).get('securityType') != 'ConfidentialVM':
            raise Refusal(400, 'BadRequest', f"The VM size '{size}' is not supported for creation of VMs and Virtual "
                          "Machine Scale Set with '<NULL>' security type.")
        self.need(p['networkProfile']['networkInterfaces'][0]['id'], 'networkInterfaces')
        os_disk = p['storageProfile']['osDisk']
        encryption = os_disk['managedDisk']['securityProfile']['securityEncryptionType']
        if old and old['properties'].get('provisioningState') == 'Succeeded':
            before = old['properties']['storageProfile']
            if before['osDisk']['name'] != os_disk['name'] or before['osDisk']['createOption'] != os_disk['createOption'] \
                    or before.get('imageReference') != p['storageProfile'].get('imageReference'):
                raise Refusal(409, 'PropertyChangeNotAllowed', "Changing property 'osDisk' is not allowed.", 'osDisk')
            p['storageProfile']['osDisk']['managedDisk'].setdefault('id', before['osDisk']['managedDisk'].get('id'))
            p['instanceView'] = old['properties'].get('instanceView')
            return
        if os_disk['createOption'] == 'Attach':
            disk = self.need(os_disk['managedDisk']['id'], 'disks')
            kind = disk['properties'].get('securityProfile', {}).get('securityType', '')
            if ('NonPersisted' in kind) != (encryption == 'NonPersistedTPM'):
                raise Refusal(400, 'BadRequest',
                              'Security type of VM is not compatible with the security type of attached OS Disk.')
            self.check_free(disk, vm)
        else:
            self.need(p['storageProfile']['imageReference']['id'], 'versions')
            if encryption == 'VMGuestStateOnly' and not p['securityProfile']['uefiSettings']['vTpmEnabled']:
                raise Refusal(400, 'BadRequest', 'vTPM is needed.')
            there = self.get(self.disk_id(vm))
            if there and there['properties'].get('managedBy', '').lower() != vm['id'].lower():
                raise Refusal(409, 'Conflict', f"Disk {os_disk['name']} already exists.")
        for data in p['storageProfile'].get('dataDisks', []):
            self.check_free(self.need(data['managedDisk']['id'], 'disks'), vm)

    def disk_id(self, vm):
        return vm['id'].rsplit('/providers/', 1)[0] + '/providers/Microsoft.Compute/disks/' \
            + vm['properties']['storageProfile']['osDisk']['name']

    def check_free(self, disk, vm):
        if disk['properties'].get('diskState') in ('ActiveSAS', 'ActiveUpload', 'ReadyToUpload'):
            raise Refusal(409, 'OperationNotAllowed', 'There is an active shared access signature outstanding for disk '
                          f"{disk['name']}. Call EndGetAccess before attaching or deleting the disk.")
        owner = disk['properties'].get('managedBy')
        if owner and owner.lower() != vm['id'].lower():
            raise Refusal(409, 'AttachDiskWhileBeingDetached', f"Disk {disk['name']} is attached to {owner}.")

    def finish_virtualmachines(self, vm):
        storage = vm['properties']['storageProfile']
        os_disk = storage['osDisk']
        rid = self.disk_id(vm)
        if os_disk['createOption'] == 'FromImage':
            image = storage['imageReference']['id']
            if not self.get(rid):
                # Without the tags of the VM: what finds it must not count on them.
                self.resources[rid.lower()] = {
                    'id': rid, 'name': os_disk['name'], 'type': 'microsoft.compute/disks', 'location': vm['location'],
                    'properties': {'creationData': {'createOption': 'FromImage'}, 'diskState': 'Attached',
                                   'provisioningState': 'Succeeded', 'securityProfile': {
                                       'securityType': 'ConfidentialVM_VMGuestStateOnlyEncryptedWithPlatformKey'}}}
                self.contents[rid.lower()] = self.contents.get(image.lower())
            os_disk['managedDisk']['id'] = rid
        for disk_id in [rid] + [d['managedDisk']['id'] for d in storage.get('dataDisks', [])]:
            disk = self.get(disk_id)
            disk['properties'].update(managedBy=vm['id'], diskState='Attached')
        self.get(vm['properties']['networkProfile']['networkInterfaces'][0]['id'])['properties']['virtualMachine'] = {
            'id': vm['id']}
        vm['properties']['instanceView'] = {'statuses': [{'code': 'ProvisioningState/succeeded'},
                                                         {'code': 'PowerState/running'}]}

    # Deployments.

    def references(self, resource):
        return [d.lower() for d in resource.get('dependsOn', [])]

    def check_deployments(self, deployment, old):
        if old and old['properties'].get('provisioningState') in ('Running', 'Creating', 'Accepted'):
            raise Refusal(409, 'DeploymentActive', 'Unable to edit or replace deployment: previous deployment is still '
                          'active.')
        self.validate(deployment['id'], deployment['properties']['template'])

    def validate(self, rid, template):
        names = set()
        for r in template['resources']:
            for key in ('type', 'apiVersion', 'name', 'location'):
                if key not in r:
                    raise Refusal(400, 'InvalidTemplate', f"Required property '{key}' not found in JSON.")
            for d in self.references(r):
                if d not in names and not self.get(d):
                    raise Refusal(400, 'InvalidTemplate', f"The resource '{d}' is not defined in the template.")
            names.add(f"{rid.rsplit('/providers/', 1)[0]}/providers/{r['type']}/{r['name']}".lower())

    def finish_deployments(self, deployment):
        base = deployment['id'].rsplit('/providers/', 1)[0]
        for r in deployment['properties']['template']['resources']:
            body = {k: v for k, v in r.items() if k not in ('type', 'apiVersion', 'name', 'dependsOn')}
            try:
                self.put(f"{base}/providers/{r['type']}/{r['name']}", r['type'], body)()
            except Refusal as e:
                raise Refusal(409, 'DeploymentFailed', '', raw={'error': {
                    'code': 'DeploymentFailed', 'target': deployment['id'],
                    'message': 'At least one resource deployment operation failed. Please list deployment operations '
                               'for details. Please see https://aka.ms/arm-deployment-operations for usage details.',
                    'details': [{'code': e.code, 'target': f"{base}/providers/{r['type']}/{r['name']}",
                                 'message': json.dumps(e.body())}]}}) from None

    def what_if(self, rid, template):
        base = rid.rsplit('/providers/', 1)[0]
        changes = []
        for r in template['resources']:
            old = self.get(f"{base}/providers/{r['type']}/{r['name']}")
            same = old and old.get('tags') == r.get('tags')
            changes.append({'resourceId': f"{base}/providers/{r['type']}/{r['name']}",
                            'changeType': 'NoChange' if same else 'Modify' if old else 'Create'})
        return {'status': 'Succeeded', 'properties': {'changes': changes}}

    # Deletion.

    def user_of(self, resource):
        """The code and message if something uses it."""
        rid, kind = resource['id'].lower(), resource['type'].lower()
        p = resource['properties']
        if kind.endswith('/networkinterfaces') and p.get('virtualMachine'):
            return 400, 'NicInUse', f"Network Interface {rid} is used by existing resource {p['virtualMachine']['id']}."
        if kind.endswith('/disks'):
            if p.get('diskState') in ('ActiveSAS', 'ActiveUpload'):
                return 409, 'OperationNotAllowed', 'There is an active shared access signature outstanding for disk ' \
                    f"{resource['name']}. Call EndGetAccess before attaching or deleting the disk."
            if p.get('managedBy'):
                return 409, 'OperationNotAllowed', f"Disk {resource['name']} is attached to VM {p['managedBy']}."
        in_use = {'microsoft.network/virtualnetworks': 'InUseSubnetCannotBeDeleted',
                  'microsoft.network/publicipaddresses': 'PublicIPAddressCannotBeDeleted',
                  'microsoft.network/networksecuritygroups': 'InUseNetworkSecurityGroupCannotBeDeleted'}.get(kind)
        for other in self.resources.values():
            if in_use and other['type'].lower() == 'microsoft.network/networkinterfaces' \
                    and rid in json.dumps(other).lower():
                return 400, in_use, f"{rid} is in use."
            if other is not resource and other['id'].lower().startswith(rid + '/') and not self.is_child(other):
                return 409, 'CannotDeleteResource', 'Can not delete resource before nested resources are deleted.'
        return None

    def remove(self, rid):
        resource = self.resources.pop(rid.lower(), None)
        self.contents.pop(rid.lower(), None)
        if not resource:
            return
        for child in [k for k in self.resources if k.startswith(rid.lower() + '/')]:
            self.resources.pop(child)
        if resource['type'].lower() == 'microsoft.compute/virtualmachines':
            for other in self.resources.values():
                p = other['properties']
                if p.get('managedBy', '').lower() == rid.lower():
                    del p['managedBy']
                    p['diskState'] = 'Unattached'
                if p.get('virtualMachine', {}).get('id', '').lower() == rid.lower():
                    del p['virtualMachine']
        if resource['type'].lower() == 'microsoft.storage/storageaccounts':
            self.blobs.call('DELETE', 'images', {'restype': 'container'})


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    timeout = 60

    def log_message(self, *_):
        pass

    def answer(self, status, body=None, headers=()):
        data = b'' if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {'x-ms-request-id': str(uuid.uuid4()),
                            'x-ms-correlation-request-id': '00000000-aaaa-bbbb-cccc-' + '%012d' % self.azure.calls,
                            'x-ms-ratelimit-remaining-subscription-writes': '199', **dict(headers)}.items():
            self.send_header(name, value)
        if data:
            self.send_header('Content-Type', 'application/json; charset=utf-8')
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    @property
    def azure(self):
        return self.server.azure

    def reset_connection(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.close_connection = True
        self.connection.close()

    def handle_one(self):
        length = int(self.headers.get('Content-Length') or 0)
        self.raw = self.rfile.read(length) if length else b''
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        self.where = urllib.parse.unquote(url.path)
        if self.where.startswith('/_test/'):
            return self.control(self.where[7:])
        if self.server.record:
            self.server.record.write(json.dumps({'method': self.command, 'path': url.path, 'api': self.query.get(
                'api-version'), 'body': json.loads(self.raw) if self.raw[:1] == b'{' else None}) + '\n')
            self.server.record.flush()
        with self.azure.lock:
            self.azure.calls += 1
            fault = self.server.fault(self.azure.calls, self.command, self.where)
        if fault and not fault.endswith('-after') and self.go_wrong(fault):
            return None
        try:
            with self.azure.lock:
                status, body, headers = self.route()
        except Refusal as e:
            status, body, headers = e.status, e.body(), e.headers
        if fault and fault.endswith('-after') and self.go_wrong(fault[:-6]):
            return None
        return self.answer(status, body, headers)

    def go_wrong(self, fault):
        if fault == 'reset':
            self.reset_connection()
        elif fault == 'timeout':
            time.sleep(self.server.silence)
            self.reset_connection()
        elif fault == '429':
            self.answer(429, {'error': {'code': 'TooManyRequests', 'message': 'slow down'}}, {'Retry-After': '0'})
        elif fault == '500':
            self.answer(500, {'error': {'code': 'InternalServerError', 'message': 'try again'}}, {'Retry-After': '0'})
        elif fault == '409':
            self.answer(409, {'error': {'code': 'Conflict', 'message': 'something else is under way'}})
        elif fault == '401':
            refusal = self.no_token('one')
            self.answer(401, refusal.body(), refusal.headers)
        elif fault == '403':
            self.answer(403, {'error': {'code': 'AuthorizationFailed', 'message': "The client does not have "
                                        "authorization to perform action 'x' over scope 'y'."}})
        elif fault in ('kill', 'int'):
            self.server.hit(signal.SIGKILL if fault == 'kill' else signal.SIGINT)
            if fault == 'int':
                return False
            time.sleep(0.05)
            self.reset_connection()
        return True

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = handle_one

    def control(self, what):
        azure = self.azure
        if what == 'reset':
            azure.reset()
        elif what == 'snapshot':
            return self.answer(200, azure.snapshot())
        elif what == 'calls':
            return self.answer(200, azure.calls)
        elif what == 'sign-ins':
            return self.answer(200, azure.sign_ins)
        elif what == 'token':
            # As az prints it.
            with azure.lock:
                return self.answer(200, {'accessToken': azure.new_token(), 'tokenType': 'Bearer',
                                         'expires_on': int(time.time()) + azure.token_life})
        elif what == 'set':
            for key, value in json.loads(self.raw).items():
                current = getattr(azure, key)
                if isinstance(current, dict):
                    current.update(value)
                else:
                    setattr(azure, key, set(value) if isinstance(current, set) else value)
        elif what == 'faults':
            azure.faults, azure.calls = json.loads(self.raw), 0
        elif what == 'foreign':
            for rid, resource in json.loads(self.raw).items():
                azure.resources[rid.lower()] = resource
        return self.answer(200, {})

    # What is asked.

    def route(self):
        if self.where.endswith('/oauth2/v2.0/token'):
            return self.sign_in()
        if self.where == '/metadata/identity/oauth2/token':
            if self.headers.get('Metadata') != 'true' or self.headers.get('X-Forwarded-For'):
                raise Refusal(400, 'invalid_request', 'Required metadata header not specified')
            return 200, {'access_token': self.azure.new_token(), 'token_type': 'Bearer',
                         'expires_on': str(int(time.time()) + self.azure.token_life)}, {}
        if self.where == '/api/retail/prices':
            return 200, {'Items': [
                {'retailPrice': 0.444, 'unitOfMeasure': '1 Hour', 'productName': 'Virtual Machines Windows'},
                {'retailPrice': 0.252, 'unitOfMeasure': '1 Hour', 'productName': 'ECesv6', 'skuName': 'EC4es v6',
                 'meterName': 'EC4es v6', 'effectiveStartDate': '2026-05-01T00:00:00Z'},
                {'retailPrice': 0.05, 'unitOfMeasure': '1 Hour', 'productName': 'ECesv6', 'skuName': 'EC4es v6 Spot'}]}, {}
        if self.where.startswith('/_serial/'):
            raise Refusal(404, 'BlobNotFound', '') if not self.azure.console else Console(self.azure.console)
        self.check_token()
        if self.where.startswith('/poll/'):
            return self.poll(self.where[6:])
        return self.management()

    def sign_in(self):
        form = dict(urllib.parse.parse_qsl(self.raw.decode()))
        if self.where.split('/')[1] != TENANT:
            raise Refusal(400, '', '', raw={'error': 'invalid_request', 'error_description':
                                            "AADSTS90002: Tenant 'x' not found.", 'error_codes': [90002]})
        proof = form.get('client_assertion', '')
        good = form.get('client_secret') == SECRET or proof == 'a-federated-token' or self.is_assertion(proof)
        if form.get('client_id') != CLIENT or not good or form.get('grant_type') != 'client_credentials':
            raise Refusal(401, '', '', raw={'error': 'invalid_client', 'error_description':
                                            'AADSTS7000215: Invalid client secret provided.', 'error_codes': [7000215]})
        life = self.azure.token_life
        return 200, {'token_type': 'Bearer', 'expires_in': life, 'ext_expires_in': life,
                     'access_token': self.azure.new_token()}, {}

    def is_assertion(self, jwt):
        """RS256 by the certificate that the test made."""
        if not self.server.certificate or jwt.count('.') != 2:
            return False
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding
        head, claims, signature = jwt.split('.')

        def decode(text):
            return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
        certificate = x509.load_pem_x509_certificate(self.server.certificate)
        certificate.public_key().verify(decode(signature), f'{head}.{claims}'.encode(), padding.PKCS1v15(),
                                        hashes.SHA256())
        claims = json.loads(decode(claims))
        return (json.loads(decode(head))['x5t#S256'] == base64.urlsafe_b64encode(
            certificate.fingerprint(hashes.SHA256())).decode().rstrip('=') and claims['iss'] == claims['sub'] == CLIENT
            and claims['aud'].endswith(f'/{TENANT}/oauth2/v2.0/token') and claims['exp'] > time.time())

    def check_token(self):
        token = self.headers.get('Authorization', '').removeprefix('Bearer ')
        if not self.azure.takes(token):
            raise self.no_token(token)

    def no_token(self, token):
        return Refusal(401, 'ExpiredAuthenticationToken' if token else 'AuthenticationFailed',
                       'The access token has expired.' if token else 'Authentication failed.', headers={
                           'WWW-Authenticate': f'Bearer authorization_uri="https://login.windows.net/{TENANT}", '
                           'error="invalid_token"'})

    def poll_url(self, kind, op, path):
        return f'http://{self.headers["Host"]}/poll/{kind}/{op}?p={urllib.parse.quote(path, safe="")}' \
               f'&api-version=1&{LONG}'

    def poll(self, rest):
        kind, op = rest.split('/')
        if op not in self.azure.operations:
            raise Refusal(404, 'NotFound', 'no such operation')
        o = self.azure.step(op)
        if kind == 'location':
            if o['status'] == 'InProgress':
                # Each poll has a new address.
                return 202, None, {'location': self.poll_url('location', op, f'next-{o["polls"]}'), 'Retry-After': '0'}
            if o['error']:
                raise o['error']
            return 200, o['output'], {}
        body = {'startTime': '2026-01-01T00:00:00Z', 'status': o['status'], 'name': op}
        if o['output'] is not None:
            body['properties'] = {'output': o['output']}
        if o['error']:
            body['error'] = o['error'].body()['error']
        return 200, body, {'Retry-After': '0'}

    def long(self, status, op, both, body=None):
        headers = {'azure-asyncoperation': self.poll_url('status', op, 'x')}
        if both:
            headers['location'] = self.poll_url('location', op, 'x')
        return status, body, headers

    def management(self):
        path = self.where
        m = re.fullmatch(r'/subscriptions/([^/]+)(/.*)?', path, re.I)
        if not m or m[1].lower() != SUBSCRIPTION:
            raise Refusal(404, 'SubscriptionNotFound', f"The subscription '{m and m[1]}' could not be found.")
        if 'api-version' not in self.query:
            raise Refusal(400, 'MissingApiVersionParameter', 'The api-version query parameter (?api-version=) is required.')
        rest = m[2] or ''
        if rest.lower().endswith('/providers/microsoft.authorization/permissions'):
            return 200, {'value': self.azure.permissions}, {}
        m = re.fullmatch(r'/resourceGroups/([^/]+)(/.*)?', rest, re.I)
        if not m:
            return self.subscription(rest)
        if not m[2]:
            return self.group(m[1])
        if m[1].lower() not in self.azure.groups:
            raise Refusal(404, 'ResourceGroupNotFound', f"Resource group '{m[1]}' could not be found.")
        if m[2].lower() == '/resources':
            return self.listed(self.azure.of_group(m[1]))
        m = re.fullmatch(r'/providers/([^/]+)/(.*)', m[2])
        words = m[2].split('/')
        if len(words) % 2:
            return self.collection_or_action(path, m[1], words)
        return self.resource(path, '/'.join([m[1]] + [w for w in words[::2] if w != 'default']
                                            if 'default' not in words else
                                            [m[1], 'storageAccounts', 'blobServices', 'containers']))

    def subscription(self, rest):
        azure = self.azure
        rest = rest.lower()
        if rest == '/resources':
            return self.listed(azure.resources.values())
        if rest == '/providers/microsoft.compute/skus':
            half = len(skus()) // 2
            if "location eq 'westus3'" not in self.query.get('$filter', ''):
                return 200, {'value': []}, {}
            if 'page' in self.query:
                return 200, {'value': skus()[half:]}, {}
            return 200, {'value': skus()[:half], 'nextLink': f'http://{self.headers["Host"]}{self.path}&page=2'}, {}
        if rest == '/providers/microsoft.compute/virtualmachines':
            return 200, {'value': [r for r in azure.resources.values()
                                   if r['type'].lower() == 'microsoft.compute/virtualmachines']}, {}
        m = re.fullmatch(r'/providers/microsoft.compute/locations/([^/]+)/usages', rest)
        if m:
            return 200, {'value': [{'name': {'value': n, 'localizedValue': n}, 'currentValue': v[0], 'limit': v[1],
                                    'unit': 'Count'} for n, v in azure.usage.items()]}, {}
        m = re.fullmatch(r'/providers/([^/]+)(/register)?', rest)
        if m:
            name = next((n for n in azure.providers if n.lower() == m[1]), None)
            if not name:
                raise Refusal(404, 'InvalidResourceNamespace', m[1])
            if m[2]:
                azure.providers[name] = 'Registered'
            return 200, {'namespace': name, 'registrationState': azure.providers[name]}, {}
        raise Refusal(404, 'NotFound', rest)

    def group(self, name):
        azure = self.azure
        found = azure.groups.get(name.lower())
        if self.command == 'PUT':
            body = json.loads(self.raw)
            azure.groups[name.lower()] = {'id': f'/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}', 'name': name,
                                          'type': 'Microsoft.Resources/resourceGroups', **body,
                                          'properties': {'provisioningState': 'Succeeded'}}
            return (200 if found else 201), azure.groups[name.lower()], {}
        if not found:
            raise Refusal(404, 'ResourceGroupNotFound', f"Resource group '{name}' could not be found.")
        if self.command == 'GET':
            return 200, found, {}

        def finish():
            blocked = [r for r in azure.of_group(name) if r['properties'].get('diskState') in ('ActiveSAS', 'ActiveUpload')]
            if blocked:
                raise Refusal(409, '', '', raw={'error': {
                    'code': 'ResourceGroupDeletionBlocked', 'message': f"Deletion of resource group '{name}' failed as "
                    f"resources with identifiers '{blocked[0]['id']}' could not be deleted.", 'details': [{
                        'target': blocked[0]['id'], 'message': json.dumps({'error': {
                            'code': 'OperationNotAllowed', 'message': azure.user_of(blocked[0])[2]}})}]}})
            for r in azure.of_group(name):
                azure.remove(r['id'])
            azure.groups.pop(name.lower(), None)
        op = azure.begin(finish, 3)
        return 202, None, {'location': self.poll_url('location', op, 'x'), 'Retry-After': '0'}

    def listed(self, resources):
        """Lists have no properties, and ids in another case."""
        wanted = re.findall(r"tag(?:Name|Value) eq '([^']*)'", self.query.get('$filter', ''))
        value = []
        for r in resources:
            if self.azure.is_child(r):
                continue
            tags = {k.lower(): v for k, v in (r.get('tags') or {}).items()}
            if wanted and (wanted[0].lower() not in tags or
                           (len(wanted) > 1 and tags[wanted[0].lower()].lower() != wanted[1].lower())):
                continue
            value.append({k: r[k] for k in ('name', 'type', 'location', 'tags') if k in r} |
                         {'id': r['id'].replace('/resourceGroups/', '/RESOURCEGROUPS/')})
        return 200, {'value': value}, {}

    def collection_or_action(self, path, namespace, words):
        azure = self.azure
        if self.command == 'GET':
            parent, kind = path.rsplit('/', 1)
            if len(words) > 1 and not azure.get(parent):
                raise Refusal(404, 'ParentResourceNotFound', 'no parent')
            return 200, {'value': [self.shown(r) for k, r in azure.resources.items()
                                   if k.rsplit('/', 1)[0] == path.lower()]}, {}
        rid, action = path.rsplit('/', 1)
        resource = azure.get(rid)
        template = json.loads(self.raw)['properties']['template'] if action in ('validate', 'whatIf') else None
        if action == 'validate':
            azure.validate(rid, template)
            op = azure.begin(lambda: {'properties': {'provisioningState': 'Succeeded'}})
            return 202, None, {'location': self.poll_url('location', op, 'x'), 'Retry-After': '0'}
        if action == 'whatIf':
            op = azure.begin(lambda: azure.what_if(rid, template))
            return 202, None, {'location': self.poll_url('location', op, 'x'), 'Retry-After': '0'}
        if not resource:
            raise Refusal(404, 'ResourceNotFound', f"The Resource '{rid}' was not found.")
        return getattr(self, 'action_' + action.lower())(resource)

    def action_exporttemplate(self, resource):
        return 200, {'template': resource['properties']['template']}, {}

    def action_listkeys(self, account):
        return 200, {'keys': [{'keyName': 'key1', 'value': KEY, 'permissions': 'FULL'}]}, {}

    def action_begingetaccess(self, disk):
        azure, p = self.azure, disk['properties']
        if p.get('diskState') not in ('ReadyToUpload', 'ActiveUpload'):
            raise Refusal(409, 'OperationNotAllowed', f"Disk is in state {p.get('diskState')}.")
        p['diskState'] = 'ActiveUpload'
        sas = azure.proxy + azure.blobs.grant(azure.container_of(disk), 'abcd')
        op = azure.begin(lambda: {'accessSAS': sas})
        status, body, headers = self.long(202, op, True)
        return status, body, headers

    def action_endgetaccess(self, disk):
        azure, p = self.azure, disk['properties']
        if p.get('diskState') == 'ActiveUpload':
            azure.blobs.revoke(azure.container_of(disk))
            azure.contents[disk['id'].lower()] = azure.blob_digest(azure.container_of(disk) + '/abcd')
            p['diskState'] = 'Unattached'
        op = azure.begin(lambda: None)
        return self.long(202, op, True)

    def power(self, vm, state):
        def finish():
            vm['properties']['instanceView'] = {'statuses': [{'code': 'ProvisioningState/succeeded'},
                                                             {'code': 'PowerState/' + state}]}
        return self.long(202, self.azure.begin(finish), True)

    def action_start(self, vm):
        return self.power(vm, 'running')

    def action_deallocate(self, vm):
        return self.power(vm, 'deallocated')

    def action_retrievebootdiagnosticsdata(self, vm):
        return 200, {'serialConsoleLogBlobUri':
                     f'http://{self.headers["Host"]}/_serial/log?sv=1&sig=consolesecret%2Fsignature'}, {}

    def shown(self, resource):
        """As a GET has it: regions in the service's own spelling."""
        shown = copy.deepcopy(resource)
        if shown['type'].endswith('versions'):
            for region in shown['properties']['publishingProfile']['targetRegions']:
                if region['name'] == 'westus3':
                    region['name'] = 'West US 3'
        if shown['type'].endswith('virtualmachines') and 'instanceView' not in self.query.get('$expand', ''):
            shown['properties'].pop('instanceView', None)
        if shown['type'].endswith('virtualmachines') and 'userData' not in self.query.get('$expand', ''):
            shown['properties'].pop('userData', None)
        if shown['type'].endswith('versions') and 'ReplicationStatus' not in self.query.get('$expand', ''):
            shown['properties'].pop('replicationStatus', None)
        shown['id'] = shown['id'].replace('/resourceGroups/', '/resourcegroups/')
        return shown

    def resource(self, path, kind):
        azure = self.azure
        found = azure.get(path)
        if self.command == 'GET':
            azure.settle_unwatched(path.lower())
            found = azure.get(path)
            if not found or azure.hidden.get(path.lower(), 0) > 0:
                azure.hidden[path.lower()] = azure.hidden.get(path.lower(), 0) - 1
                raise Refusal(404, 'ResourceNotFound', f"The Resource '{path}' was not found.")
            return 200, self.shown(found), {}
        if self.command == 'DELETE':
            return self.delete(path, found)
        if not found and self.command == 'PATCH':
            raise Refusal(404, 'ResourceNotFound', f"The Resource '{path}' was not found.")
        body = json.loads(self.raw)
        if self.command == 'PATCH':
            return self.patch(found, body)
        if kind.lower() not in PUTS:
            raise Refusal(404, 'InvalidResourceType', kind)
        how = PUTS[kind.lower()]
        finish = azure.put(path, kind, body)
        if how is None:
            finish()
            return 201, self.shown(azure.get(path)), {}
        op = azure.begin(finish)
        azure.operations[op]['of'] = path.lower()
        if how == LOCATION_ONLY:
            return 202, None, {'location': self.poll_url('location', op, 'x'), 'Retry-After': '0'}
        return self.long(how, op, how == BOTH, self.shown(azure.get(path)))

    def patch(self, found, body):
        azure = self.azure
        if 'diskSizeGB' in body.get('properties', {}) and \
                body['properties']['diskSizeGB'] < found['properties'].get('diskSizeGB', 0):
            raise Refusal(409, 'OperationNotAllowed', 'Disk cannot be resized to a smaller size.')
        if 'tags' in body:
            found['tags'] = body['tags']
        found['properties'].update(body.get('properties', {}))
        op = azure.begin(lambda: None)
        return self.long(202, op, True, self.shown(found))

    def delete(self, path, found):
        azure = self.azure
        if not found:
            return 204, None, {}
        azure.settle(path.lower())
        used = azure.user_of(found)
        if used:
            raise Refusal(*used)
        found['properties']['provisioningState'] = 'Deleting'
        op = azure.begin(lambda: azure.remove(path))
        azure.operations[op]['of'] = path.lower()
        return self.long(202, op, True)


class Console(Refusal):
    def __init__(self, text):
        super().__init__(200, '', '')
        self.raw = text


class ManagementServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, proxy, azurite, port=0, record=None, certificate=None):
        super().__init__(('127.0.0.1', port), Handler)
        self.azure = Azure(proxy, azurite)
        self.record = open(record, 'a', encoding='utf-8') if record else None
        self.certificate = open(certificate, 'rb').read() if certificate else None
        self.silence = 3
        self.victim = None

    def fault(self, call, method, where):
        for f in self.azure.faults:
            if f.get('at') == call or (f.get('method') == method and re.search(f['path'], where)
                                       and f.setdefault('times', 1) > 0):
                f['times'] = f.get('times', 1) - 1
                return f['do']
        return None

    def hit(self, number):
        if self.victim:
            try:
                os.kill(self.victim, number)
            except ProcessLookupError:
                pass

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (OSError, ValueError)):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--proxy', required=True)
    parser.add_argument('--azurite', type=int, required=True)
    parser.add_argument('--port', type=int, default=0)
    parser.add_argument('--record')
    parser.add_argument('--certificate')
    options = parser.parse_args()
    server = ManagementServer(options.proxy, options.azurite, options.port, options.record, options.certificate)
    print('port', server.server_port, flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
