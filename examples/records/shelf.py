"""A shop's shelf: from pictures of bar codes in an archive to the records of the products.

    pip install "qrcore[batch,records,barcodes]"

The bar codes are those that the products have anyway. `decode_many` reads the pictures, `resolve_stream` asks for the
records of all of them, a round trip for a thousand codes. The command line does the same, with the authority in a file:

    qrcore batch shelf.tar --symbologies ean_13 --resolve trust.toml --out shelf.parquet
"""

import io
import tarfile

import zxingcpp
from PIL import Image

import qrcore
from qrcore.records import AuthorityPolicy, Resolver, SqlStore, StoreSource, Trust

PRODUCTS = {"9506000134352": "Olive oil, 500 ml", "4006381333931": "Highlighter, yellow"}
UNKNOWN = "9780201379624"


def main() -> None:
    store = SqlStore("sqlite://", authority="id.brand.example")
    for number, title in PRODUCTS.items():
        link = {"href": f"https://brand.example/{number}", "title": title}
        store.create({"body": {"title": title, "links": [link]}, "gs1": f"/01/{number.zfill(14)}"})

    with tarfile.open("shelf.tar", "w") as archive:
        for number in (*PRODUCTS, UNKNOWN):
            add_picture(archive, number)

    trust = Trust({"id.brand.example": AuthorityPolicy()}, gs1="id.brand.example")
    resolver = Resolver(trust, StoreSource(store))
    items = qrcore.decode_many(["shelf.tar"], symbologies=["ean_13"])
    for item, found in resolver.resolve_stream(items):
        for symbol, record in zip(item.symbols, found, strict=True):
            print(item.member, symbol.text, "->", record.chosen.href if record else record.code)
    store.close()


def add_picture(archive: tarfile.TarFile, number: str) -> None:
    """What a camera would have seen."""
    drawn, file = zxingcpp.create_barcode(number, zxingcpp.BarcodeFormat.EAN13).to_image(scale=3), io.BytesIO()
    Image.fromarray(drawn).save(file, "PNG")
    entry = tarfile.TarInfo(f"{number}.png")
    entry.size = file.tell()
    file.seek(0)
    archive.addfile(entry, file)


if __name__ == "__main__":
    main()
