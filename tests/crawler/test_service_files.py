"""What is written for systemd, cron and Kubernetes, as each of them reads it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.cli import run
from crawler.service_files import Installation, cron_job, crontab_line, systemd_unit

ODD = '100% of $HOME "news" it\'s \\ here'


def installation(folder, command=(sys.executable, "-m", "crawler.cli"), **environment):
    return Installation(folder=Path(folder), command=command, environment=environment, owner="root")


def keys(unit, name):
    return re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)


def test_a_unit_may_write_to_the_collection_only_and_is_ended_in_order():
    unit = systemd_unit(installation("/srv/news", ("/opt/morgue/bin/morgue",)))
    assert keys(unit, "ExecStart") == ["/opt/morgue/bin/morgue schedule run --collection /srv/news"]
    assert keys(unit, "ReadWritePaths") == ["/srv/news"]
    assert keys(unit, "ProtectSystem") == ["strict"]
    assert keys(unit, "NoNewPrivileges") == ["yes"]
    assert keys(unit, "KillSignal") == ["SIGTERM"]
    assert keys(unit, "ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert keys(unit, "User") == ["root"]
    unit = systemd_unit(installation("/srv/100% of $HOME", PYTHONPATH="/srv/$x"))
    assert keys(unit, "ReadWritePaths") == ['"/srv/100%% of $HOME"']
    assert keys(unit, "Environment") == ['"PYTHONPATH=/srv/$x"']
    assert keys(unit, "ExecStart")[0].endswith(' --collection "/srv/100%% of $$HOME"')
    assert keys(systemd_unit(installation("/tmp/news")), "PrivateTmp") == ["no"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")
@pytest.mark.parametrize("name", ["news", ODD])
def test_systemd_takes_the_unit(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    path = tmp_path / "morgue-news.service"
    path.write_text(systemd_unit(installation(folder, PYTHONPATH=str(folder))))
    done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "morgue-news" in line]
    assert complaints == []


def test_a_crontab_line_starts_what_the_shell_then_reads_as_it_was(tmp_path):
    folder = tmp_path / ODD
    program = tmp_path / "print words"
    program.write_text('#!/bin/sh\nfor word in "$@"; do printf "<%s>" "$word"; done\n')
    program.chmod(0o755)
    comment, line = crontab_line(installation(folder, (str(program),))).splitlines()
    assert comment.startswith("# ")
    *fields, command = line.split(" ", 5)
    assert fields == ["*/15", "*", "*", "*", "*"]
    assert not re.search(r"(?<!\\)%", command)
    # What cron makes of it before the shell gets it.
    command = command.replace(r"\%", "%").replace("| logger -t", "| cat; : ")
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == f"<crawl><--collection><{folder}>"


def test_a_cron_job_runs_one_crawl_at_a_time_without_privileges():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not there")
    job = yaml.safe_load(cron_job(installation("/srv/My News_2"), image='odd: "image"'))
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    assert job["metadata"]["name"] == "morgue-my-news-2"
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["image"] == 'odd: "image"'
    assert container["command"] + container["args"] == ["morgue", "crawl", "--collection", "/collection"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["volumes"][0]["persistentVolumeClaim"]["claimName"] == "morgue-my-news-2"
    assert set(container["resources"]) == {"requests", "limits"}


@pytest.mark.parametrize("kind", ["systemd", "cron", "kubernetes"])
def test_install_prints_or_writes_and_never_over_a_file(new_collection, tmp_path, capsys, kind):
    folder = new_collection().folder
    words = ["schedule", "install", kind, "--collection", str(folder)]
    assert run(words) == 0
    printed = capsys.readouterr().out
    assert kind == "kubernetes" or str(folder) in printed
    file = tmp_path / "file"
    assert run([*words, "--output", str(file)]) == 0
    assert file.read_text() == printed
    assert capsys.readouterr().out == ""
    file.write_text("mine")
    assert run([*words, "--output", str(file)]) == 1
    assert capsys.readouterr().err == f"morgue: {file}: exists already (name another file, or remove it first)\n"
    assert file.read_text() == "mine"


def test_an_image_is_for_kubernetes_only(new_collection, capsys):
    folder = new_collection().folder
    assert run(["schedule", "install", "cron", "--image", "x", "--collection", str(folder)]) == 2
    assert run(["schedule", "install", "kubernetes", "--image", "x:1", "--collection", str(folder)]) == 0
    assert 'image: "x:1"' in capsys.readouterr().out


def test_what_is_written_starts_the_program(new_collection, capsys):
    folder = new_collection().folder
    assert run(["schedule", "install", "cron", "--collection", str(folder)]) == 0
    command = capsys.readouterr().out.splitlines()[1].split(" ", 5)[5].partition(" 2>&1 |")[0]
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0 exchanges kept")
