"""SOAP 1.1 with WS-Addressing 1.0 over mutual TLS, by zeep. Loaded where Nummervoorziening is asked, nowhere else."""

from pathlib import Path
from typing import Any

import requests
import zeep
from requests.adapters import HTTPAdapter
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
            raise NummervoorzieningFailed(Trouble.UNREACHABLE, operation, type(cause).__name__) from None
        except (ZeepError, AttributeError, TypeError, ValueError) as cause:
            raise NummervoorzieningFailed(Trouble.UNREADABLE, operation, type(cause).__name__) from None

    def close(self) -> None:
        """Close it."""
        self._session.close()
