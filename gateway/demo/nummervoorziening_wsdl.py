"""The stand-in's own description of the service, written from what is known of it (domain facts 2.4), and its schema."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lxml import etree

NS = "http://ketenid.nl/eck/schemas/v1_0"
_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
_WSAW = "http://www.w3.org/2006/05/addressing/wsdl"
_XS = "http://www.w3.org/2001/XMLSchema"


@dataclass(frozen=True, slots=True)
class Part:
    """An element within a message. `type` is one of XML Schema, unless it has parts of its own."""

    name: str
    type: str = "string"
    least: int = 1
    most: str = "1"
    parts: tuple["Part", ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """What is asked, and what is answered in an element of which name."""

    asked: tuple[Part, ...]
    answer: str
    answered: tuple[Part, ...]


def _listed(name: str, value: str) -> Part:
    return Part(name, most="unbounded", parts=(Part("index", "int"), Part(value)))


def _named(name: str) -> Part:
    told = (Part("id"), Part("name"), Part("description"), Part("lastEdited", "dateTime"))
    return Part(name, most="unbounded", parts=told)


_STAMP, _ECK, _BATCH = Part("stampseudonym"), Part("eckId"), Part("batchIdentifier")
_WHERE = (Part("chainId"), Part("sectorId"))
OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "ping": Operation(
            (),
            "pingResponse",
            (Part("available", "boolean"), Part("applicationVersion"), Part("systemTime", "dateTime")),
        ),
        "retrieveStampseudonym": Operation((Part("hpgn"),), "retrieveStampseudonymResponse", (_STAMP,)),
        "retrieveEckId": Operation((_STAMP, *_WHERE), "retrieveEckIdResponse", (_ECK,)),
        "submitStampseudonymBatch": Operation((_listed("hpgnList", "hPgn"),), "submitBatchResponse", (_BATCH,)),
        "submitEckIdBatch": Operation(
            (_listed("stampseudonymList", "stampseudonym"), *_WHERE), "submitBatchResponse", (_BATCH,)
        ),
        "retrieveBatch": Operation(
            (_BATCH,),
            "retrieveBatchResponse",
            tuple(
                Part(name, least=0, most="unbounded", parts=(Part("index", "int"), Part(value)))
                for name, value in (("success", "value"), ("failed", "errorMessage"))
            ),
        ),
        "replaceStampseudonym": Operation(
            (Part("hpgnOld"), Part("hpgnNew"), Part("effectiveDate", "dateTime", least=0)),
            "replaceStampseudonymResponse",
            (_STAMP,),
        ),
        "retrieveChains": Operation((), "retrieveChainsResponse", (_named("chain"),)),
        "retrieveSectors": Operation((), "retrieveSectorsResponse", (_named("sector"),)),
    }
)


def wsdl(location: str) -> bytes:
    """The whole document: SOAP 1.1, document/literal, WS-Addressing required."""
    messages = "".join(
        f'<wsdl:message name="{name}"><wsdl:part name="parameters" element="eck:{name}"/></wsdl:message>'
        for name in _elements()
    )
    ports = "".join(
        f'<wsdl:operation name="{name}"><wsdl:input message="eck:{name}Request" wsaw:Action="{NS}/{name}"/>'
        f'<wsdl:output message="eck:{one.answer}"/></wsdl:operation>'
        for name, one in OPERATIONS.items()
    )
    literal = '<soap:body use="literal"/>'
    bindings = "".join(
        f'<wsdl:operation name="{name}"><soap:operation soapAction="{NS}/{name}"/>'
        f"<wsdl:input>{literal}</wsdl:input><wsdl:output>{literal}</wsdl:output></wsdl:operation>"
        for name in OPERATIONS
    )
    return (
        f'<wsdl:definitions xmlns:wsdl="{_WSDL}" xmlns:soap="{_SOAP}" xmlns:wsaw="{_WSAW}" xmlns:eck="{NS}" '
        f'name="EckIDService" targetNamespace="{NS}"><wsdl:types>{_schema()}</wsdl:types>{messages}'
        f'<wsdl:portType name="EckIDPortType">{ports}</wsdl:portType>'
        '<wsdl:binding name="EckIDSoap10" type="eck:EckIDPortType">'
        '<soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>'
        f'<wsaw:UsingAddressing wsdl:required="true"/>{bindings}</wsdl:binding>'
        '<wsdl:service name="EckIDService"><wsdl:port name="EckIDSoap10" binding="eck:EckIDSoap10">'
        f'<soap:address location="{location}"/></wsdl:port></wsdl:service></wsdl:definitions>'
    ).encode()


def schema() -> etree.XMLSchema:
    """What messages are held to."""
    return etree.XMLSchema(etree.fromstring(_schema()))


def _schema() -> str:
    elements = "".join(_element(Part(name, parts=parts), top=True) for name, parts in _elements().items())
    return f'<xs:schema xmlns:xs="{_XS}" targetNamespace="{NS}" elementFormDefault="qualified">{elements}</xs:schema>'


def _elements() -> Mapping[str, tuple[Part, ...]]:
    """Every message, once."""
    return dict(_messages())


def _messages() -> Iterator[tuple[str, tuple[Part, ...]]]:
    for name, one in OPERATIONS.items():
        yield f"{name}Request", one.asked
        yield one.answer, one.answered


def _element(one: Part, *, top: bool = False) -> str:
    times = "" if top else f' minOccurs="{one.least}" maxOccurs="{one.most}"'
    if not one.parts and not top:
        return f'<xs:element name="{one.name}" type="xs:{one.type}"{times}/>'
    inner = "".join(map(_element, one.parts))
    return (
        f'<xs:element name="{one.name}"{times}><xs:complexType><xs:sequence>{inner}</xs:sequence></xs:complexType>'
        "</xs:element>"
    )
