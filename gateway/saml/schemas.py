"""The SAML schemas, compiled once by libxml2: the files are those that pysaml2 carries, and one of ours.

The specifications import each other by addresses on the web. Nothing is fetched: the driver below imports every
namespace from its file first, in the order of their needs, and libxml2 skips a namespace that it has.
"""

from functools import cache
from importlib.resources import files

from lxml import etree

from gateway.xml.namespaces import DS, MD, MDUI, SAML, SAMLP, XENC, XENC11, XS

_XML = "http://www.w3.org/XML/1998/namespace"
_FILES = (
    (_XML, "xml.xsd"),
    (DS, "xmldsig-core-schema.xsd"),
    (XENC, "xenc-schema.xsd"),
    (XENC11, "xenc11.xsd"),
    (SAML, "saml-schema-assertion-2.0.xsd"),
    (SAMLP, "saml-schema-protocol-2.0.xsd"),
    (MD, "saml-schema-metadata-2.0.xsd"),
    (MDUI, "sstc-saml-metadata-ui-v1.0.xsd"),
)


@cache
def schema() -> etree.XMLSchema:
    """The schema of protocol messages, assertions and metadata in one. Threads may share it."""
    directories = {XENC11: files("gateway.saml")}
    theirs = files("saml2") / "data" / "schemas"
    driver = etree.Element(f"{{{XS}}}schema", nsmap={"xs": XS})
    for namespace, file in _FILES:
        etree.SubElement(
            driver,
            f"{{{XS}}}import",
            namespace=namespace,
            schemaLocation=str(directories.get(namespace, theirs) / file),
        )
    return etree.XMLSchema(etree.ElementTree(driver))
