"""`gateway.yaml`: the gateway itself."""

import datetime as dt
from typing import Literal

from pydantic import Field

from gateway.domain.language import Language
from gateway.settings.fields import (
    Address,
    BaseUrl,
    Duration,
    Email,
    FileName,
    Listen,
    Model,
    Names,
    Network,
    Switch,
    Text,
    Whole,
)
from gateway.settings.models.anomalies import AnomalyRules
from gateway.settings.models.assurance import LevelEntry
from gateway.settings.models.busy import Busy
from gateway.settings.models.client_certificates import ClientCertificates
from gateway.settings.models.limits import Limits
from gateway.settings.models.links import LinkSettings
from gateway.settings.models.nummervoorziening import NummervoorzieningEntry
from gateway.settings.models.pages import Pages
from gateway.settings.models.processing import Processing
from gateway.settings.models.retention import Retention
from gateway.settings.models.sso import SsoSettings
from gateway.settings.models.stores import Stores
from gateway.settings.models.tracing import Tracing


class Organisation(Model):
    """Who runs the gateway."""

    name: Text = Field(description="Name of the organisation")
    url: Address = Field(description="Its website")


class Contact(Model):
    """A contact in the gateway's metadata."""

    type: Literal["technical", "support", "administrative"] = Field(description="What for")
    name: Text = Field(description="Name of a person or a desk")
    email: Email = Field(description="E-mail address")


class Lifetimes(Model):
    """How long things live."""

    transaction: Duration = Field(
        default=dt.timedelta(minutes=15),
        ge=dt.timedelta(minutes=1),
        le=dt.timedelta(days=1),
        description="A login under way, from the service's request to the answer of the school",
    )
    session: Duration = Field(
        default=dt.timedelta(hours=10),
        le=dt.timedelta(days=365),
        description="How long a service may keep a person logged in (SessionNotOnOrAfter)",
    )
    access_token: Duration = Field(
        default=dt.timedelta(minutes=5),
        ge=dt.timedelta(minutes=1),
        le=dt.timedelta(hours=1),
        description="An access token of OpenID Connect, and what is kept of the login for UserInfo",
    )
    renewal: Duration = Field(
        default=dt.timedelta(hours=8),
        le=dt.timedelta(days=30),
        description="How long after a login a service may renew its tokens, where the agreement allows it",
    )
    clock_skew: Duration = Field(
        default=dt.timedelta(seconds=60), le=dt.timedelta(minutes=5), description="How far clocks of others may be off"
    )


class Log(Model):
    """The log."""

    file: FileName | None = Field(
        default="var/sluis.log", description="File, relative to the directory; null: standard error"
    )
    level: Literal["info", "warning", "error"] = Field(default="info", description="From which level on")


class Metrics(Model):
    """The counters at /metrics."""

    allow_from: list[Network] = Field(default=[], description="Addresses or networks that may read them")


class Gateway(Model):
    """`gateway.yaml`."""

    base_url: BaseUrl = Field(description="Public address: scheme and host, https unless loopback")
    listen: Listen = Field(default="127.0.0.1:8080", description="Address and port to listen on")
    workers: Whole = Field(default=2, ge=1, le=64, description="Worker processes")
    threads: Whole = Field(default=4, ge=1, le=64, description="Threads of each worker")
    cpu_affinity: Switch | None = Field(
        default=None,
        description="Whether each worker stays on one core, where its threads do not wake each other across cores; "
        "absent: where there are at least as many workers as cores",
    )
    busy: Busy = Field(default=Busy(), description="When people are asked to come back in a moment")
    limits: Limits = Field(default=Limits(), description="How many may come in a minute")
    trusted_proxies: list[Network] = Field(
        default=[], description="Addresses or networks whose X-Forwarded-* are believed"
    )
    client_certificates: ClientCertificates | None = Field(
        default=None, description="Certificates of clients, where a proxy asks for them; absent: none are believed"
    )
    names: Names = Field(default={Language.NL: "Sluis"}, description="What the pages call the gateway")
    organisation: Organisation = Field(description="Who runs it")
    contacts: list[Contact] = Field(min_length=1, description="Contacts in the metadata")
    languages: list[Language] = Field(
        default=[Language.NL, Language.EN], min_length=1, description="Languages of the pages; the first is the default"
    )
    environment: Literal["production", "test"] = Field(
        default="production", description="Which ECK iDs are real: segment 201703 in production, pilot in test"
    )
    stores: Stores = Field(default=Stores(), description="Where state is kept")
    lifetimes: Lifetimes = Field(default=Lifetimes(), description="How long things live")
    nummervoorziening: NummervoorzieningEntry | None = Field(
        default=None, description="The service that issues ECK iDs; absent: nobody asks it"
    )
    sso: SsoSettings = Field(default=SsoSettings(), description="Single sign-on")
    assurance: list[LevelEntry] = Field(
        default=[], max_length=10, description="Levels of assurance, each stronger than those before it"
    )
    links: LinkSettings = Field(default=LinkSettings(), description="Links of eduID and accounts at schools")
    anomalies: AnomalyRules = Field(default=AnomalyRules(), description="What is done when an ECK iD is not right")
    retention: Retention = Field(default=Retention(), description="How long records are kept")
    processing: Processing = Field(default=Processing(), description="What the register of processing says beside")
    supplier_page: Switch = Field(
        default=True, description="Whether /docs/connect says how suppliers connect a service"
    )
    pages: Pages = Field(default=Pages(), description="What the pages look like and say")
    log: Log = Field(default=Log(), description="The log")
    pid_file: FileName | None = Field(
        default="var/sluis.pid",
        description="File by which `sluis reload` finds the gateway, with what becomes of reloads hidden beside it;"
        " null: none is written",
    )
    reload_on_change: Switch = Field(
        default=False,
        description="Whether the configuration is read anew whenever a file in its directory changes, as on SIGHUP",
    )
    metrics: Metrics = Field(default=Metrics(), description="The counters")
    tracing: Tracing | None = Field(
        default=None, description="Traces of logins for OpenTelemetry; absent: none are made"
    )
