"""moto's server with the two places made quick at which its DynamoDB slows down as a table fills: nothing else differs.

Usage: that of moto_server.

A transaction copies every item of the table, to be able to take itself back, and every query sorts all items by objects.
Items are replaced by whatever a transaction of ours writes (it puts, deletes and checks, and updates nothing in place), so
that a copy of what holds them is enough; and keys that are strings sort as strings.
"""
import copy
import sys
from collections import defaultdict

from moto.dynamodb.models.table import Table
from moto.server import main


def copied(table, memo):
    its = copy.copy(table)
    held = {key: dict(value) if table.has_range_key else value for key, value in table.items.items()}
    its.items = defaultdict(dict, held)
    return its


def all_items(table):
    if table.has_range_key:
        items = [item for held in table.items.values() for item in held.values()]
        return sorted(items, key=lambda item: (item.hash_key.value, item.range_key.value))
    return sorted(table.items.values(), key=lambda item: item.hash_key.value)


Table.__deepcopy__ = copied
Table.all_items = all_items

if __name__ == "__main__":
    sys.exit(main())
