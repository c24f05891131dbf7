#!/usr/bin/env python3
"""Every call of a command goes wrong in turn, in each way; the command made again ends as if nothing had happened, and
'down' leaves nothing of ours and all of others.

    failures.py TDNODE WORK AZURITE_PORT... [--every N] [--scenario NAME]... [--node PORT POLICY STATE]

With --node, scenarios in which a node at this port is asked for evidence, and accepted by POLICY and the authority that
is in the folder STATE.

Each Azurite has a world of its own; cases are shared out among them. Prints problems as they are found, and a line for
each scenario: how many calls, and cases of each kind; exits 1 if a case ends otherwise.
"""
import argparse
import collections
import copy
import json
import multiprocessing
import os
import re
import shutil
import struct
import subprocess
import sys
import threading
import time

from blob_proxy import KEY, ProxyServer
from management import (CLIENT, SECRET, SUBSCRIPTION, TENANT, TOKEN, ManagementServer)

KINDS = ('reset', 'reset-after', 'timeout', 'timeout-after', '429', '500', '409', '401', '403', 'kill', 'kill-after', 'int')
# Of the state of the stand-in, what a command finds.
KEPT = ('resources', 'groups', 'hidden', 'providers', 'usage', 'contents')
FOREIGN_GROUP = f'/subscriptions/{SUBSCRIPTION}/resourceGroups/n1'
FOREIGN = {rid: {'id': rid, 'name': rid.rsplit('/', 1)[1], 'type': kind, 'location': 'westus3',
                 'tags': {'owner': 'somebody else'}, 'properties': dict(properties, provisioningState='Succeeded')}
           for kind, rid, properties in (
               ('microsoft.compute/disks', FOREIGN_GROUP + '/providers/Microsoft.Compute/disks/n1-os-deadbeef',
                {'diskState': 'Unattached', 'creationData': {'createOption': 'Empty'}, 'diskSizeGB': 9}),
               ('microsoft.network/networksecuritygroups',
                FOREIGN_GROUP + '/providers/Microsoft.Network/networkSecurityGroups/theirs', {'securityRules': []}),
               ('microsoft.compute/disks', FOREIGN_GROUP.replace('/n1', '/other')
                + '/providers/Microsoft.Compute/disks/n1-data',
                {'diskState': 'Unattached', 'creationData': {'createOption': 'Empty'}, 'diskSizeGB': 9}))}


class World:
    def __init__(self, tdnode, work, azurite, state):
        self.tdnode, self.work = tdnode, work
        os.makedirs(work, exist_ok=True)
        self.proxy = ProxyServer(azurite)
        self.server = ManagementServer(f'http://127.0.0.1:{self.proxy.server_port}', azurite)
        self.server.silence = 1.5
        self.azure = self.server.azure
        for s in (self.proxy, self.server):
            threading.Thread(target=s.serve_forever, daemon=True).start()
        self.endpoint = f'http://127.0.0.1:{self.server.server_port}'
        self.environment = {
            'PATH': os.environ['PATH'], 'HOME': self.work, 'AZURE_TENANT_ID': TENANT, 'AZURE_CLIENT_ID': CLIENT,
            'AZURE_CLIENT_SECRET': SECRET, 'AZURE_SUBSCRIPTION_ID': SUBSCRIPTION, 'AZURE_AUTHORITY_HOST': self.endpoint,
            **{k: v for k, v in os.environ.items() if k.endswith('_OPTIONS')}}
        # tdnode's own folder, in which that of Azure is the command's.
        self.home = state or os.path.join(work, 'state')
        self.state = os.path.join(self.home, '.azure')
        self.address = '127.0.0.1' if state else None
        self.leaks = 0

    def run(self, *words, seconds='60'):
        command = [self.tdnode, 'deploy', 'azure', *words, '--endpoint', self.endpoint, '--storage-account',
                   'devstoreaccount1', '--state', self.home, '--call-seconds', seconds, '--trace']
        child = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT)
        self.server.victim = child.pid
        try:
            output = child.communicate(timeout=120)[0].decode()
        except subprocess.TimeoutExpired:
            child.kill()
            output = 'HANGS\n' + child.communicate()[0].decode()
        self.server.victim = None
        self.look_for_secrets(output, command)
        return child.returncode, output

    def look_for_secrets(self, output, command):
        texts = [output, ' '.join(command)]
        for folder, _, names in os.walk(self.state):
            for name in names:
                with open(os.path.join(folder, name), 'rb') as f:
                    texts.append(f.read().decode('latin-1'))
        for text in texts:
            for what in (TOKEN, SECRET, KEY):
                if what in text:
                    self.leaks += 1
                    print('LEAK', what[:12], text[:300])
            for found in re.findall(r'(?i)sig(?:=|%3d)([^&\s"]+)', text):
                if set(found) != {'x'}:
                    self.leaks += 1
                    print('LEAK of an address', text[:300])

    def clean(self, foreign_group):
        self.azure.blobs.call('DELETE', 'images', {'restype': 'container'})
        self.azure.reset()
        self.azure.address = self.address
        shutil.rmtree(self.state, ignore_errors=True)
        for group in ('other',) + (('n1',) if foreign_group else ()):
            self.azure.groups[group] = {'id': f'/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}', 'name': group,
                                        'location': 'westus3', 'tags': {'owner': 'somebody else'},
                                        'properties': {'provisioningState': 'Succeeded'}}
        for rid, resource in FOREIGN.items():
            if foreign_group or '/other/' in rid:
                self.azure.resources[rid.lower()] = copy.deepcopy(resource)

    def keep(self):
        """A copy of all that there is while nothing is under way, for put_back(). Blobs are none of it: those of
        images are deleted once a version has them, those of disks stay."""
        left = [name for _, _, names in os.walk(self.state) for name in names]
        if left:
            sys.exit(f'an undisturbed command leaves a journal: {left}')
        return copy.deepcopy({name: getattr(self.azure, name) for name in KEPT})

    def put_back(self, kept):
        self.clean(False)
        for name, value in copy.deepcopy(kept).items():
            setattr(self.azure, name, value)
        if any(rid.endswith('/containers/images') for rid in self.azure.resources):
            self.azure.blobs.make_container('images')

    def open_addresses(self):
        """What may still be written to."""
        disks = [r['name'] for r in self.azure.resources.values()
                 if r['properties'].get('diskState') in ('ActiveUpload', 'ActiveSAS')]
        status, _, body = self.azure.blobs.call('GET', 'images', {'restype': 'container', 'comp': 'acl'})
        return disks + (['images'] if status == 200 and b'<Id>tdnode</Id>' in body else [])


def vhd(path, seed):
    import random
    size = 1 << 20
    raw, source = bytearray(size), random.Random(seed)
    for at in (0, 65536, size - 512):
        raw[at:at + 512] = source.randbytes(512)
    footer = bytearray(512)
    struct.pack_into('>8sIIQI4sI4sQQIII', footer, 0, b'conectix', 2, 0x10000, (1 << 64) - 1, 0, b'qem2', 0x50003,
                     b'Wi2k', size, size, 0xffff10ff, 2, 0)
    struct.pack_into('>I', footer, 64, ~sum(footer) & 0xffffffff)
    with open(path, 'wb') as f:
        f.write(raw + footer)


def scenarios(work, node):
    one, two = os.path.join(work, 'one.vhd'), os.path.join(work, 'two.vhd')
    common = ['n1', '--region', 'westus3', '--data-size', '64G']
    up = ['up', *common, '--image', one]
    short = ['--vtpm', 'ephemeral']
    replace = ['replace', *common, '--image', two, '--leave-data-locked']
    down = ['down', 'n1', '--delete-data', 'n1-data']
    # Name: what comes before, what goes wrong, how it is made good (the same again if not said).
    found = {
        'up': ([], up),
        'up-ephemeral': ([], up + short),
        'replace': ([up], replace),
        'replace-ephemeral': ([up + short], replace + short),
        'back': ([up, replace], ['replace', 'n1', '--back']),
        'down': ([up], down),
        'down-ephemeral': ([up + short], down),
    }
    if node:
        # Accepted: system disks of images before go, as the last thing.
        judged = ['--local', '--policy', node[1], '--attest-port', node[0], '--patience', '60']
        found['accepted'] = (
            [['up', *common[:3], '--image', one]], ['replace', *common[:3], '--image', two, *judged])
    return found


def comparable(snapshot):
    """A state as people see it: whether a disk came by another way is not seen."""
    return json.dumps(snapshot, sort_keys=True)


def finish(world, before, problems, case):
    for words in (['down', 'n1', '--delete-data', 'n1-data'], ['images', 'rm', 'all']):
        status, output = world.run(*words)
        if status:
            problems.append((case, f'{words[0]} fails: {output[-600:]}'))
            return
    if comparable(world.azure.snapshot()) != before:
        problems.append((case, 'down left something else than what was there: ' + comparable(world.azure.snapshot())))


def one_case(world, case, words, baseline, call, kind):
    """What is wrong with it, as (case, text) each."""
    problems = []
    azure = world.azure
    world.put_back(baseline.prepared)
    azure.calls, azure.faults = 0, [{'at': call, 'do': kind}]
    # Only who is not answered repeats a call: what a machine that has much to do answers late would be done twice.
    status, output = world.run(*words, seconds='1' if 'timeout' in kind else '60')
    azure.faults = []
    if status == 0 and kind == 'kill' and azure.calls >= call:
        problems.append((case, 'was not killed'))
    # A token that ends is renewed, wherever that is; the first call is who asks for one.
    if status != 0 and kind == '401' and call > 1:
        problems.append((case, f'a token that ended ends it: status {status}: {output[-600:]}'))
    if 'HANGS' in output or status not in (0, 1, 3, -9) or ('ERROR: AddressSanitizer' in output):
        problems.append((case, f'status {status}: {output[-600:]}'))
    # Whoever was killed could close nothing; nor could who was refused just that.
    if 'kill' not in kind and 'still open' not in output and world.open_addresses() \
            and 'endGetAccess: 40' not in output:
        problems.append((case, f'left open: {world.open_addresses()}: {output[-900:]}'))
    status, output = world.run(*words)
    # A call that was cut off may be carried out after its repetition, and end when nobody waits for it any more.
    azure.settle_all()
    if status:
        problems.append((case, f'again: status {status}: {output[-900:]}'))
    elif comparable(azure.snapshot()) != baseline.wanted:
        problems.append((case, 'again: another state: ' + difference(baseline.wanted, comparable(azure.snapshot()))))
    if world.open_addresses():
        problems.append((case, f'open at the end: {world.open_addresses()}'))
    finish(world, baseline.before, problems, case)
    return problems


def difference(a, b):
    i = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return f'...{a[max(0, i - 200):i + 100]} WANTED, FOUND ...{b[max(0, i - 200):i + 100]}'


# What there is before a scenario's preparation and after it, how an undisturbed command ends, and its number of calls.
Baseline = collections.namedtuple('Baseline', 'before prepared wanted calls')


def undisturbed(world, name, foreign, prepare, words):
    world.clean(foreign)
    before = comparable(world.azure.snapshot())
    for command in prepare:
        status, output = world.run(*command)
        if status:
            sys.exit(f'{name}: preparation fails: {command}: {output}')
    prepared = world.keep()
    world.azure.calls = 0
    status, output = world.run(*words)
    if status:
        sys.exit(f'{name}: undisturbed: {output}')
    wanted = comparable(world.azure.snapshot())
    world.azure.settle_all()
    if comparable(world.azure.snapshot()) != wanted:
        sys.exit(f'{name}: undisturbed: it does not wait until all is done')
    return Baseline(before, prepared, wanted, world.azure.calls)


def one_scenario(world, name, prepare, words, wanted, problems):
    """Those cases for whose number wanted() is true; how many of each kind."""
    ways = collections.Counter()
    baselines = [undisturbed(world, name, foreign, prepare, words) for foreign in (False, True)]
    for call in range(1, max(b.calls for b in baselines) + 1):
        for kind in KINDS:
            if not wanted():
                continue
            # Every other case in a group where others have something.
            baseline = baselines[(call + KINDS.index(kind)) % 2]
            if call > baseline.calls:
                continue
            found = one_case(world, f'{name}, call {call}, {kind}', words, baseline, call, kind)
            for case, what in found:
                print('PROBLEM', case + ':', what, flush=True)
            problems.extend(found)
            ways[kind] += 1
    return baselines[0].calls, ways


class Share:
    """One of `every` cases, and of them one of `worlds`: number `index`."""

    def __init__(self, every, worlds, index):
        self.every, self.worlds, self.index, self.at = every, worlds, index, 0

    def __call__(self):
        self.at += 1
        return self.at % self.every == 0 and self.at // self.every % self.worlds == self.index


def one_world(options, index, results):
    work, node = os.path.join(options.work, str(index)), options.node
    if node:
        shutil.copytree(node[2], os.path.join(work, 'home'))
    world = World(options.tdnode, work, options.azurite[index], node and os.path.join(work, 'home'))
    share = Share(options.every, len(options.azurite), index)
    for name, (prepare, words) in scenarios(options.work, node).items():
        if not options.scenario or name in options.scenario:
            start, problems = time.time(), []
            calls, ways = one_scenario(world, name, prepare, words, share, problems)
            results.put((name, calls, ways, len(problems), time.time() - start))
    results.put((None, 0, collections.Counter(), 0, world.leaks))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('tdnode')
    parser.add_argument('work')
    parser.add_argument('azurite', type=int, nargs='+')
    parser.add_argument('--every', type=int, default=1)
    parser.add_argument('--scenario', action='append')
    parser.add_argument('--node', nargs=3)
    options = parser.parse_args()
    for file, seed in (('one.vhd', 1), ('two.vhd', 2)):
        vhd(os.path.join(options.work, file), seed)
    results = multiprocessing.SimpleQueue()
    worlds = [multiprocessing.Process(target=one_world, args=(options, i, results))
              for i in range(len(options.azurite))]
    for world in worlds:
        world.start()
    for world in worlds:
        world.join()
    figures, problems, leaks = {}, 0, 0
    while not results.empty():
        name, calls, ways, wrong, last = results.get()
        problems += wrong
        if name is None:
            leaks += last
            continue
        _, before, seconds = figures.get(name, (0, collections.Counter(), 0))
        figures[name] = (calls, before + ways, max(seconds, last))
    total = 0
    for name, (calls, ways, seconds) in figures.items():
        total += ways.total()
        print(f'{name}: {calls} calls, {ways.total()} cases, {seconds:.0f} s: '
              + ', '.join(f'{kind} {ways[kind]}' for kind in KINDS if ways[kind]))
    print(f'{total} cases, {problems} problems, {leaks} secrets found')
    sys.exit(bool(problems or leaks or not total or any(w.exitcode for w in worlds)))


if __name__ == '__main__':
    main()
