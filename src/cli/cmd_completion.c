/*
 * tdnode completion SHELL: what a shell needs to complete the command line of tdnode.
 *
 * The scripts hold no names: they ask `tdnode completion query -- WORD...` at each press of Tab, so that they fit
 * every version.
 */
#include "cli/command.h"
#include "cli/completion.h"

struct arguments {
	char unused;
};

enum {
	FORM_BASH,
	FORM_ZSH,
	FORM_FISH,
};

static const char *const scripts[] = {
	[FORM_BASH] = "_tdnode() {\n"
		      "	local word help cur=${COMP_WORDS[COMP_CWORD]}\n"
		      "	COMPREPLY=()\n"
		      "	[ \"$cur\" != = ] || cur=\n"
		      "	while IFS=$'\\t' read -r word help; do\n"
		      "		case $word in\n"
		      "		:file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f "
		      "-- \"$cur\") ;;\n"
		      "		:directory) compopt -o filenames; mapfile -t COMPREPLY < <(compgen "
		      "-d -- \"$cur\") ;;\n"
		      "		*) COMPREPLY+=(\"$word\") ;;\n"
		      "		esac\n"
		      "	done < <(\"$1\" completion query -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" "
		      "2>/dev/null)\n"
		      "}\n"
		      "complete -F _tdnode tdnode\n",
	[FORM_ZSH] = "#compdef tdnode\n"
		     "_tdnode() {\n"
		     "	local line tab=$'\\t'\n"
		     "	local -a found\n"
		     "	for line in ${(f)\"$(\"${(Q)words[1]}\" completion query -- "
		     "\"${(@Q)words[2,CURRENT]}\" 2>/dev/null)\"}; do\n"
		     "		case $line in\n"
		     "		:file) compset -P '--*='; _files ;;\n"
		     "		:directory) compset -P '--*='; _files -/ ;;\n"
		     "		*) found+=(\"${${line%%$tab*}//:/\\\\:}:${line#*$tab}\") ;;\n"
		     "		esac\n"
		     "	done\n"
		     "	(( ! $#found )) || _describe tdnode found\n"
		     "}\n"
		     "if [ \"$funcstack[1]\" = _tdnode ]; then _tdnode \"$@\"; else compdef "
		     "_tdnode tdnode; fi\n",
	[FORM_FISH] = "function __tdnode_complete\n"
		      "	set -l words (commandline -opc)\n"
		      "	set -l current (commandline -ct)\n"
		      "	for line in ($words[1] completion query -- $words[2..-1] \"$current\" "
		      "2>/dev/null)\n"
		      "		switch $line\n"
		      "			case ':file'\n"
		      "				__fish_complete_path \"$current\"\n"
		      "			case ':directory'\n"
		      "				__fish_complete_directories \"$current\"\n"
		      "			case '*'\n"
		      "				echo $line\n"
		      "		end\n"
		      "	end\n"
		      "end\n"
		      "complete -c tdnode -f -a '(__tdnode_complete)'\n",
};

static int query(size_t n, char **words, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(COMPLETION_MAX);
	int r = completion_query(n, words, &text, err);

	return r < 0 ? r : command_print(buffer_span(&text), err);
}

static int run(int argc, char **argv, struct error **err)
{
	struct arguments a;
	int r;

	if (argc > 2 && string_equal(argv[1], "query") && string_equal(argv[2], "--"))
		return query((size_t)argc - 3, argv + 3, err);
	r = command_parse(&command_completion, argc, argv, &a, err);
	return r < 0 ? r : command_print(span_string(scripts[r]), err);
}

const struct command command_completion = {
	.name = "completion",
	.summary = "complete command lines in bash, zsh or fish",
	.forms = {[FORM_BASH] = {.verb = "bash"},
		  [FORM_ZSH] = {.verb = "zsh"},
		  [FORM_FISH] = {.verb = "fish"}},
	.about =
		"Prints a script that completes commands, options and what they take: put it where "
		"the shell looks for it, or run it at its start.",
	.notes = "bash: ~/.local/share/bash-completion/completions/tdnode\n"
		 "zsh:  a file _tdnode in a folder of $fpath\n"
		 "fish: ~/.config/fish/completions/tdnode.fish",
	.example = "source <(tdnode completion bash)",
	.run = run,
};
