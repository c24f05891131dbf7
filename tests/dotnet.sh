# shellcheck shell=bash
# Sourced by tests of a .NET program in place of an execution client that is not to be had everywhere: the same
# runtime, the same packing. After check.sh.
#
#   write_dotnet_image        the recipe "dotnet" below $WORK/images
#   build_dotnet DIR OPTION...  builds it into DIR

write_dotnet_image() {
	local images=$WORK/images
	local files=$images/dotnet/files

	cp -r "$ROOT/images" "$images"
	mkdir -p "$files"/etc/systemd/system/execution.service.d "$files/usr/lib/tdnode/roles"
	cat >"$images/dotnet/image.conf" <<-END
		[Image]
		Name=dotnet
		Include=node
		[Packages]
		Install=libstdc++6
		Without=gcc-14-base
		Script=libstdc++6 none
		[Component mcp]
		Npm=@azure/mcp-linux-x64
		Version=2.0.5
		Integrity=sha512-0FX4fiv1yHAtGkvcBf0tp8agS50JyWAd0r5ebGQB3cGB+ANZYd7jFt+aQ8P60ZdckpG2xcAb1TlfOVDEtsGDqg==
		Licence=MIT
		Install=package/dist/azmcp usr/lib/mcp/azmcp 0755
		[Root]
		Bundle=usr/lib/mcp/azmcp
	END
	# The role's own unit and user, with what nethermind's .NET needs of it.
	cp "$ROOT"/images/nethermind/files/etc/systemd/system/execution.service.d/nethermind.conf \
		"$files/etc/systemd/system/execution.service.d/"
	printf '[Service]\nStandardOutput=journal+console\n' >"$files/etc/systemd/system/execution.service.d/test.conf"
	cat >"$files/usr/lib/tdnode/roles/execution.conf" <<-END
		[Client]
		Name=mcp
		Program=/usr/lib/mcp/azmcp
		Ready=8545
		Environment=DOTNET_BUNDLE_EXTRACT_BASE_DIR=/usr/lib/bundle
		Environment=DOTNET_EnableDiagnostics=0
		Environment=DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
		Environment=AZURE_MCP_COLLECT_TELEMETRY=false
		Environment=ASPNETCORE_URLS=http://0.0.0.0:8545
		# Without authentication it ends at once, and silently, when it is to listen on more than loopback.
		Environment=ALLOW_INSECURE_EXTERNAL_BINDING=true
		Argument=server
		Argument=start
		Argument=--transport
		Argument=http
		Argument=--dangerously-disable-http-incoming-auth
		Argument=--namespace
		Argument=storage
	END
	# Nobody plays the other role.
	printf '[Service]\nType=oneshot\nExecStart=/usr/lib/tdnode/node wait execution\n' \
		>"$files/etc/systemd/system/consensus.service"
}
build_dotnet() {
	"$TDNODE" build dotnet --images "$WORK/images" --source "$ROOT" --quiet --artifacts "$@"
}
