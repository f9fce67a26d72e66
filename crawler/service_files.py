"""What has a machine crawl by itself: a systemd unit, a crontab line, a Kubernetes CronJob. Pure: paths in, text out."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

STOP_SECONDS = 120
"""What is given to a crawl that is to end: 20 s for answers under way, the rest for sealing and for the store."""
MINUTES = 15
"""Between two crawls where nothing runs in between."""


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """A collection, and how `morgue` is started here."""

    folder: Path
    command: Sequence[str]
    """Absolute."""
    environment: Mapping[str, str]
    owner: str
    """The user that the folder belongs to."""

    @property
    def name(self) -> str:
        """A name for it that systemd and Kubernetes take.

        >>> Installation(folder=Path("/srv/My News"), command=(), environment={}, owner="morgue").name
        'morgue-my-news'
        """
        return f"morgue-{re.sub('[^a-z0-9]+', '-', self.folder.name.lower()).strip('-')[:40]}".rstrip("-")


def systemd_unit(here: Installation) -> str:
    """A service that runs `morgue schedule run`, allowed to write to the collection and nowhere else."""
    folder = _systemd_word(str(here.folder))
    start = " ".join(map(_systemd_argument, [*here.command, "schedule", "run", "--collection", str(here.folder)]))
    environment = "".join(f"Environment={_systemd_word(f'{key}={value}')}\n" for key, value in here.environment.items())
    # A private /tmp would hide a collection that lies in the real one.
    is_in_tmp = here.folder.is_relative_to("/tmp") or here.folder.is_relative_to("/var/tmp")  # noqa: S108
    return f"""\
# /etc/systemd/system/{here.name}.service
#
#   sudo systemctl daemon-reload && sudo systemctl enable --now {here.name}
#   sudo systemctl reload {here.name}      reads sources and settings again; changed files are also noticed by themselves
#   journalctl -u {here.name}              what it says

[Unit]
Description=Newsmorgue: follows the sources of {str(here.folder).replace("%", "%%")}
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
# Whoever owns the collection; better a user of its own than a person, or root.
User={here.owner}
{environment}# Keys of a store, MORGUE_ALERT_WEBHOOK: one VARIABLE=VALUE a line.
EnvironmentFile=-/etc/default/{here.name}
ExecStart={start}
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=30
# Bad usage or a file with a mistake: starting again does not help.
RestartPreventExitStatus=2
# Only the crawl itself gets SIGTERM; it ends its workers.
KillMode=mixed
KillSignal=SIGTERM
TimeoutStopSec={STOP_SECONDS}

UMask=0027
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ReadWritePaths={folder}
ProtectHome=read-only
PrivateTmp={"no" if is_in_tmp else "yes"}
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
"""


def crontab_line(here: Installation) -> str:
    """A line for `crontab -e`: `morgue crawl` every so often, what it says going to the system's log."""
    words = [f"{key}={shlex.quote(value)}" for key, value in here.environment.items()]
    words += map(shlex.quote, [*here.command, "crawl", "--collection", str(here.folder)])
    # To cron a bare % is the end of the line, in quotes too.
    line = " ".join(words).replace("%", r"\%")
    return f"""\
# What is due in {here.folder}, every {MINUTES} minutes. While one crawl goes on, the next is refused by the collection's lock.
*/{MINUTES} * * * * {line} 2>&1 | logger -t {here.name}
"""


def cron_job(here: Installation, *, image: str) -> str:
    """A CronJob that runs `morgue crawl` on a collection in a volume."""
    return f"""\
# kubectl apply -f FILE. The claim {here.name} holds the collection: make it with `morgue init /collection` in a pod that mounts it.
# A crawl in which some pages failed ends with status 4, and shows as a failed job; `kubectl logs` says which.
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {here.name}
spec:
  schedule: "*/{MINUTES} * * * *"
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 300
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: 0
      template:
        metadata:
          labels:
            app: {here.name}
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: {STOP_SECONDS}
          automountServiceAccountToken: false
          securityContext:
            runAsNonRoot: true
            runAsUser: 10001
            runAsGroup: 10001
            fsGroup: 10001
            fsGroupChangePolicy: OnRootMismatch
            seccompProfile:
              type: RuntimeDefault
          containers:
            - name: morgue
              image: {json.dumps(image)}
              command: ["morgue"]
              args: ["crawl", "--collection", "/collection"]
              envFrom:
                # Keys of a store.
                - secretRef:
                    name: {here.name}
                    optional: true
              resources:
                requests:
                  cpu: 250m
                  memory: 512Mi
                limits:
                  memory: 2Gi
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop: ["ALL"]
              volumeMounts:
                - name: collection
                  mountPath: /collection
                - name: tmp
                  mountPath: /tmp
          volumes:
            - name: collection
              persistentVolumeClaim:
                claimName: {here.name}
            - name: tmp
              emptyDir: {{}}
"""


def _systemd_argument(text: str) -> str:
    """One word of a command, where a dollar begins a variable (systemd.service(5))."""
    return _systemd_word(text).replace("$", "$$")


def _systemd_word(text: str) -> str:
    """One word of a unit file (systemd.syntax(7)).

    >>> _systemd_word("/srv/news"), _systemd_word("/srv/100% news")
    ('/srv/news', '"/srv/100%% news"')
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return escaped if re.fullmatch(r"[\w@:/.,=+-]+", text, re.ASCII) else f'"{escaped}"'
