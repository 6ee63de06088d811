"""`featureprep completion`."""

from __future__ import annotations

import click

from featureprep.cli.verb import verb

_VARIABLE = "_FEATUREPREP_COMPLETE"
_AFTER = {"bash": """
# census@3 is one word: bash's own lists cut words at @
COMP_WORDBREAKS=${COMP_WORDBREAKS//@/}
"""}  # fmt: skip
_BEFORE = {"zsh": """\
# a ~/.zshrc that has not set up completion yet has no compdef
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
"""}  # fmt: skip


@verb(
    "completion",
    "Print the script for completion in a shell.",
    "featureprep completion bash",
    "featureprep completion zsh",
    "featureprep completion fish",
)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def command(shell: str) -> None:
    """Print the script by which a shell completes verbs, options, files, and names and versions of datasets in a local store.

    \b
    bash  put this into ~/.bashrc:  eval "$(featureprep completion bash)"
    zsh   put this into ~/.zshrc:   eval "$(featureprep completion zsh)"
    fish  once:  featureprep completion fish > ~/.config/fish/completions/featureprep.fish
    """  # noqa: D301  (\b is click's, and no backslash in the text)
    from click.shell_completion import get_completion_class

    from featureprep.cli.app import cli

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"this version of click has no completion for {shell}")
    script = found(cli, {}, "featureprep", _VARIABLE).source()
    head = "#compdef featureprep\n" if script.startswith("#compdef") else ""  # stays the first line
    click.echo(f"{head}{_BEFORE.get(shell, '')}{script.removeprefix(head)}{_AFTER.get(shell, '')}", nl=False)
