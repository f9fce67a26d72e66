"""The commands of package `pipelines`, joined to `morgue` by `crawler.cli`. What they run is imported when they run."""

from pathlib import Path

import click


@click.command()
@click.option("--html", "page", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--url", required=True, help="The page's address.")
@click.option("--content-type", help="The page's Content-Type header, for its charset.")
def extract(page: Path, url: str, content_type: str | None) -> None:
    """Read the article in one file and print it as one JSON object.

    Touches no collection.
    """
    import msgspec

    from pipelines.errors import PipelineError
    from pipelines.extract import extract_article

    try:
        article = extract_article(page.read_bytes(), url=url, content_type=content_type)
    except (OSError, PipelineError) as error:
        raise click.ClickException(f"{page}: {error}") from error
    click.echo(msgspec.json.encode(article).decode())
