"""SOAP 1.1 with WS-Addressing 1.0 over mutual TLS, by zeep. Loaded where Nummervoorziening is asked, nowhere else."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
import zeep
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError
from zeep import xsd
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault
from zeep.transports import Transport
from zeep.wsa import WsAddressingPlugin

from gateway.pseudonyms.nummervoorziening.faults import NummervoorzieningFailed, Trouble, of_fault

_WSDL = Path(__file__).with_name("eckid.wsdl")
_NAMESPACE = "http://ketenid.nl/eck/schemas/v1_0"
_ADDRESSING = "http://www.w3.org/2005/08/addressing"
_FROM = xsd.Element(f"{{{_ADDRESSING}}}From", xsd.ComplexType([xsd.Element(f"{{{_ADDRESSING}}}Address", xsd.String())]))


class Connection:
    """One thread's. `certificate` and `key` are PEM files, `authorities` too (None: the system's)."""

    def __init__(self, url: str, certificate: Path, key: Path, authorities: Path | None, seconds: float) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cert = (str(certificate), str(key))
        self._session.verify = str(authorities) if authorities else True
        self._session.max_redirects = 0
        self._session.mount("https://", HTTPAdapter(max_retries=0))
        transport = Transport(session=self._session, timeout=seconds, operation_timeout=seconds)
        client = zeep.Client(str(_WSDL), transport=transport, plugins=[WsAddressingPlugin()])
        self._service = client.create_service(f"{{{_NAMESPACE}}}EckIDSoap10", url)

    def ask(self, operation: str, oin: str, said: dict[str, Any]) -> Any:
        """What it answers. Raises NummervoorzieningFailed."""
        address = f"{_ADDRESSING}/anonymous?oin={oin}"
        try:
            return getattr(self._service, operation)(**said, _soapheaders=[_FROM(Address=address)])
        except Fault as cause:
            raise of_fault(operation, cause.actor) from None
        except requests.RequestException as cause:
            raise NummervoorzieningFailed(_trouble_of(cause), operation, type(cause).__name__) from None
        except (ZeepError, AttributeError, TypeError, ValueError) as cause:
            raise NummervoorzieningFailed(Trouble.UNREADABLE, operation, type(cause).__name__) from None

    def close(self) -> None:
        """Close it."""
        self._session.close()


def _trouble_of(cause: requests.RequestException) -> Trouble:
    """TLS 1.3 lets a client speak before its certificate was looked at: the refusal comes in place of an answer."""
    if isinstance(cause, requests.ConnectTimeout):
        return Trouble.UNREACHABLE
    if any(isinstance(one, ssl.SSLError) for one in _causes(cause)):
        return Trouble.CERTIFICATE
    if any(isinstance(one, NewConnectionError) for one in _causes(cause)):
        return Trouble.UNREACHABLE
    return Trouble.NO_ANSWER


def _causes(cause: BaseException) -> Iterator[BaseException]:
    """An exception and those that it came of, which libraries keep in three places."""
    yield cause
    inner = [cause.__context__, cause.__cause__, getattr(cause, "reason", None), *cause.args]
    for one in inner:
        if isinstance(one, BaseException):
            yield from _causes(one)
