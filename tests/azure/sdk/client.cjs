// client.cjs URL TOKEN: Azure's own SDK as a client of the stand-in: both ways of polling, lists, results of POSTs, and
// the error that ends a long operation.
const assert = require('assert')
const path = require('path')
const base = path.join(process.cwd(), 'node_modules/@azure')
const {ComputeManagementClient} = require(path.join(base, 'arm-compute'))
const {NetworkManagementClient} = require(path.join(base, 'arm-network'))
const {ResourceManagementClient} = require(path.join(base, 'arm-resources'))

const [url, token] = process.argv.slice(2)
const subscription = '11111111-2222-3333-4444-555555555555'
const credential = {getToken: async () => ({token, expiresOnTimestamp: Date.now() + 3600000})}
const make = Client => {
	const client = new Client(credential, subscription, {endpoint: url, allowInsecureConnection: true})
	client.pipeline.removePolicy({name: 'bearerTokenAuthenticationPolicy'})
	client.pipeline.addPolicy({name: 'token', sendRequest: (request, next) => {
		request.headers.set('authorization', `Bearer ${token}`)
		return next(request)
	}})
	return client
}
const main = async () => {
	const compute = make(ComputeManagementClient), resources = make(ResourceManagementClient)
	await resources.resourceGroups.createOrUpdate('sdk', {location: 'westus3'})
	const quick = {updateIntervalInMs: 10}
	const disk = await compute.disks.beginCreateOrUpdateAndWait('sdk', 'd', {
		location: 'westus3', creationData: {createOption: 'Upload', uploadSizeBytes: 1049088},
		securityProfile: {securityType: 'ConfidentialVM_NonPersistedTPM'}}, quick)
	assert.strictEqual(disk.diskState, 'ReadyToUpload')
	const access = await compute.disks.beginGrantAccessAndWait('sdk', 'd', {access: 'Write', durationInSeconds: 3600}, quick)
	assert.match(access.accessSAS, /^http:.*[?&]sig=/)
	await assert.rejects(resources.resourceGroups.beginDeleteAndWait('sdk', quick), e => {
		assert.strictEqual(e.code || (e.details && e.details.error.code), 'ResourceGroupDeletionBlocked')
		return true
	})
	await compute.disks.beginRevokeAccessAndWait('sdk', 'd', quick)
	assert.strictEqual((await compute.disks.get('sdk', 'd')).diskState, 'Unattached')
	await compute.galleries.beginCreateOrUpdateAndWait('sdk', 'g', {location: 'westus3'}, quick)
	const sizes = []
	for await (const s of compute.resourceSkus.list({filter: "location eq 'westus3'"})) sizes.push(s.name)
	assert(sizes.includes('Standard_EC4es_v6') && sizes.includes('Standard_D4s_v5'))
	await compute.disks.beginDeleteAndWait('sdk', 'd', quick)
	await assert.rejects(compute.disks.get('sdk', 'd'), e => e.statusCode === 404)
	const network = make(NetworkManagementClient)
	const address = await network.publicIPAddresses.createOrUpdate ?
		await network.publicIPAddresses.beginCreateOrUpdateAndWait('sdk', 'ip', {
			location: 'westus3', sku: {name: 'Standard'}, publicIPAllocationMethod: 'Static'}, quick) : null
	assert(!address || address.ipAddress)
	await resources.resourceGroups.beginDeleteAndWait('sdk', quick)
	await assert.rejects(resources.resourceGroups.get('sdk'), e => e.statusCode === 404)
	console.log('done')
}
main().catch(e => { console.error(e); process.exit(1) })
