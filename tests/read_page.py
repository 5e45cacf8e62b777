"""Parses a page on standard input with prometheus_client, and prints the result as JSON.

Usage: read_page.py openmetrics (the strict parser) or text (the lenient classic one). Exits
with status 1 if the parser rejects the page.
"""

import json
import sys

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as text


def exemplar_of(sample):
    exemplar = sample.exemplar
    if exemplar is None:
        return None
    time = None if exemplar.timestamp is None else float(exemplar.timestamp)
    return {"labels": exemplar.labels, "value": repr(exemplar.value), "time": time}


def main():
    parser = {"openmetrics": openmetrics, "text": text}[sys.argv[1]]
    page = sys.stdin.buffer.read().decode("utf-8")
    families = [
        {
            "name": family.name,
            "kind": family.type,
            "help": family.documentation,
            "unit": family.unit,
            "samples": [
                {
                    "name": sample.name,
                    "labels": sample.labels,
                    # As text: JSON has neither NaN nor infinities.
                    "value": repr(sample.value),
                    "exemplar": exemplar_of(sample),
                }
                for sample in family.samples
            ],
        }
        for family in parser.text_string_to_metric_families(page)
    ]
    # In ASCII, independent of the locale.
    json.dump(families, sys.stdout)


main()
