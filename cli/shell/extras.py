"""Commands whose packages are not installed: they say which extras to install, and so does their help."""

import click

_INSTALL = "pip install 'zhenyan[worker,server]'"


def advice(package: str | None) -> str:
    """What is missing and what to do, as one line."""
    return f"this command needs {package}, which is not installed; install the extras: {_INSTALL}"


def unusable(name: str, purpose: str, package: str | None) -> click.Command:
    """Stands for a command that needs a package that is not there: its help says so, any other call is refused."""

    def refuse(arguments: tuple[str, ...]) -> None:
        raise click.UsageError(advice(package))

    return click.Command(
        name,
        callback=refuse,
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED, metavar="[ARGS]...")],
        context_settings={"ignore_unknown_options": True},
        help=f"{purpose}\n\nNot usable here: {package} is not installed. Install the extras, and its options and an "
        f"example are shown here:\n\n\b\n  {_INSTALL}",
    )
