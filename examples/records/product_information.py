"""A product: one code on the package, many links by relation and language, traceability by batch.

The code is a GS1 Digital Link (or the EAN-13 that is there anyway). Records lie at two levels: the product's, and a
batch's with its steps. A scan of a serial number finds both, the more specific first.
"""

from qrcore.payload import parse
from qrcore.records import AuthorityPolicy, Resolver, SqlStore, StoreSource, Trust, make_code

GTIN = "09506000134352"


def main() -> None:
    store = SqlStore("sqlite://", authority="id.brand.example")
    resolver = Resolver(Trust({"id.brand.example": AuthorityPolicy()}, gs1="id.brand.example"), StoreSource(store))

    pages = "https://brand.example/olive-oil"
    links = [
        {"rel": "gs1:pip", "href": f"{pages}/en", "hreflang": ["en"], "title": "Product information"},
        {"rel": "gs1:pip", "href": f"{pages}/zh", "hreflang": ["zh-CN"], "title": "产品信息"},
        {"rel": "gs1:recipeInfo", "href": f"{pages}/recipes", "title": "Recipes"},
        {"rel": "gs1:recallStatus", "href": f"{pages}/recall", "title": "Recalls"},
    ]
    store.create({"body": {"title": "Olive oil, 500 ml", "links": links, "default": 0}, "gs1": f"/01/{GTIN}"})
    steps = [
        {"at": "2026-10-02", "step": "harvested", "place": "Jaén"},
        {"at": "2026-10-03", "step": "pressed", "place": "Mill 4"},
        {"at": "2026-10-20", "step": "bottled", "place": "Line 2"},
    ]
    trace = {"rel": "gs1:traceability", "href": f"{pages}/batch/A7", "title": "Where this batch comes from"}
    batch = {"title": "Batch A7", "links": [trace], "default": None, "data": {"steps": steps}}
    batch_record = store.create({"body": batch, "gs1": f"/01/{GTIN}/10/A7"})

    code = make_code(f"https://id.brand.example/01/{GTIN}/10/A7/21/0815")
    print("printed:", code.text)
    found = resolver.resolve(parse(code.text), lang=["zh-Hans-CN", "zh"])
    print("default, in Chinese:", found.chosen.title)
    print("the batch's steps:", ", ".join(step["step"] for step in found.data["steps"]))
    print("all links:", ", ".join(link.rel for link in found.links))

    # A step more: a new version of the batch's record. The code on the bottle stays as it is.
    steps.append({"at": "2026-11-22", "step": "delivered", "place": "Berlin"})
    store.put(batch_record.ref, {**batch, "data": {"steps": steps}}, if_version=1)
    print("last step now:", resolver.resolve(parse(code.text)).data["steps"][-1]["step"])

    # The bar code of the same product, as a scanner at a till reads it.
    print("by EAN-13:", resolver.resolve("9506000134352", rel="gs1:recipeInfo").chosen.href)
    store.close()


if __name__ == "__main__":
    main()
