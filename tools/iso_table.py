"""Writes `src/qrcore/payload/_iso.py`: the codes of ISO 3166-1 and ISO 4217, from the data in `pycountry`.

python tools/iso_table.py > src/qrcore/payload/_iso.py
"""

from __future__ import annotations

import textwrap
from importlib.metadata import version

import pycountry


def block(name: str, codes: list[str]) -> str:
    """The codes under `name`, parted by white space."""
    body = textwrap.fill(" ".join(sorted(codes)), 100)
    return f'{name} = """\n{body}\n"""\n'


def main() -> None:
    """Print the module. Currency 924 (ZWG) and 999, 963 are added where the data is older than they are."""
    print(f'"""ISO codes, by `tools/iso_table.py` from pycountry {version("pycountry")}."""\n')
    print(block("COUNTRY_NUMBERS", [country.numeric for country in pycountry.countries]))
    print(block("COUNTRY_LETTERS", [country.alpha_2 for country in pycountry.countries]))
    numbers = {currency.numeric for currency in pycountry.currencies} | {"924", "963", "999"}
    print(block("CURRENCY_NUMBERS", sorted(numbers)), end="")


if __name__ == "__main__":
    main()
