// bodies.cjs RECORD: what tdnode asked, as management.py recorded it, through the serializers of Azure's own SDK: what
// they do not know is dropped, what they need is missed, a number in a text is refused. Words of enumerations are held
// against those that the SDK knows. Prints how many bodies there were.
const assert = require('assert')
const fs = require('fs')
const path = require('path')
const base = path.join(process.cwd(), 'node_modules/@azure')
const {createSerializer} = require(path.join(base, 'core-client'))

const load = name => {
	const folder = path.join(base, name)
	const found = ['dist/commonjs/models/mappers.js'].map(f => path.join(folder, f))
		.find(f => fs.existsSync(f))
	const mappers = require(found)
	return {mappers, serializer: createSerializer(mappers, false), known: require(folder)}
}
const compute = load('arm-compute'), network = load('arm-network'), resources = load('arm-resources')
const storage = load('arm-storage'), deployments = load('arm-resources-6')

// By the end of the path: the SDK, and the model of the body.
const models = [
	[/\/disks\/[^/]+$/i, compute, 'Disk', 'DiskUpdate'],
	[/\/beginGetAccess$/i, compute, 'GrantAccessData'],
	[/\/virtualMachines\/[^/]+$/i, compute, 'VirtualMachine'],
	[/\/galleries\/[^/]+$/i, compute, 'Gallery'],
	[/\/galleries\/[^/]+\/images\/[^/]+$/i, compute, 'GalleryImage'],
	[/\/versions\/[^/]+$/i, compute, 'GalleryImageVersion'],
	[/\/virtualNetworks\/[^/]+$/i, network, 'VirtualNetwork'],
	[/\/networkSecurityGroups\/[^/]+$/i, network, 'NetworkSecurityGroup'],
	[/\/publicIPAddresses\/[^/]+$/i, network, 'PublicIPAddress'],
	[/\/networkInterfaces\/[^/]+$/i, network, 'NetworkInterface'],
	[/\/deployments\/[^/]+(\/validate|\/whatIf)?$/i, deployments, 'Deployment'],
	[/\/storageAccounts\/[^/]+$/i, storage, 'StorageAccountCreateParameters'],
	[/\/containers\/[^/]+$/i, storage, 'BlobContainer'],
	[/\/resourceGroups\/[^/]+$/i, resources, 'ResourceGroup'],
]

// Members whose value is a word of a list.
const words = {
	securityType: ['KnownSecurityTypes', 'KnownDiskSecurityTypes'], createOption: ['KnownDiskCreateOptionTypes', 'KnownDiskCreateOption'],
	securityEncryptionType: ['KnownSecurityEncryptionTypes'], deleteOption: ['KnownDiskDeleteOptionTypes', 'KnownDeleteOptions'],
	hyperVGeneration: ['KnownHyperVGeneration'], architecture: ['KnownArchitecture'], storageAccountType: ['KnownStorageAccountTypes', 'KnownStorageAccountType'],
	replicationMode: ['KnownReplicationMode'], access: ['KnownAccessLevel', 'KnownSecurityRuleAccess'],
	direction: ['KnownSecurityRuleDirection'], protocol: ['KnownSecurityRuleProtocol'],
	publicIPAllocationMethod: ['KnownIPAllocationMethod'], privateIPAllocationMethod: ['KnownIPAllocationMethod'],
	publicIPAddressVersion: ['KnownIPVersion'], minimumTlsVersion: ['KnownMinimumTlsVersion'], kind: ['KnownKind'],
}
const checkWords = (value, sdks) => {
	if (!value || typeof value !== 'object') return
	for (const [name, inner] of Object.entries(value)) {
		const lists = (words[name] || []).flatMap(l => sdks.map(s => s.known[l]).filter(Boolean))
		if (lists.length && typeof inner === 'string')
			assert(lists.some(l => Object.values(l).includes(inner)), `${name}: '${inner}' is no word of the SDK`)
		checkWords(inner, sdks)
	}
}
// All that was asked is there again; the SDK adds defaults of its own.
const assertHas = (found, asked, where) => {
	if (asked === null || typeof asked !== 'object')
		return assert.strictEqual(found, asked, where)
	assert(found && typeof found === 'object', `${where} is not there`)
	if (Array.isArray(asked)) assert.strictEqual(found.length, asked.length, where)
	for (const name of Object.keys(asked)) assertHas(found[name], asked[name], `${where}: ${name}`)
}
const check = (where, method, body) => {
	const model = models.find(m => m[0].test(where))
	assert(model, `no model for ${where}`)
	const [, sdk, put, patch] = model
	assert(sdk.mappers[put], `no mapper ${put}`)
	const mapper = sdk.mappers[method === 'PATCH' && patch ? patch : put]
	const object = sdk.serializer.deserialize(mapper, body, 'body', {xml: {}})
	const back = sdk.serializer.serialize(mapper, object, 'body', {xml: {}})
	assertHas(back, body, where)
	checkWords(body, [compute, network, storage])
}

let n = 0
const seen = {}
for (const line of fs.readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean)) {
	const {method, path: where, body} = JSON.parse(line)
	if (!body || method === 'GET') continue
	check(where, method, body)
	n++
	const template = body.properties && body.properties.template
	for (const r of template ? template.resources : []) {
		const {type, apiVersion, name, dependsOn, ...rest} = r
		assert(/^\d{4}-\d\d-\d\d$/.test(apiVersion) && (!dependsOn || dependsOn.every(d => d.startsWith('/subscriptions/'))))
		check(`/x/providers/${type}/${name}`, 'PUT', rest)
		seen[type] = true
		n++
	}
	seen[models.find(m => m[0].test(where))[2]] = true
}
console.log(`${n} bodies, ${Object.keys(seen).length} kinds`)

// The check itself: a misspelt member, a number as text, a word that there is not.
const vm = {location: 'x', properties: {storageProfile: {dataDisks: [{lun: 10, createOption: 'Attach'}]}}}
check('/virtualMachines/x', 'PUT', vm)
for (const wrong of [
	{location: 'x', properties: {storageProfle: {}}},
	{location: 'x', properties: {storageProfile: {dataDisks: [{lun: '10', createOption: 'Attach'}]}}},
	{location: 'x', properties: {securityProfile: {securityType: 'ConfidentalVM'}}},
	{properties: {}}])
	assert.throws(() => check('/virtualMachines/x', 'PUT', wrong), undefined, JSON.stringify(wrong))
