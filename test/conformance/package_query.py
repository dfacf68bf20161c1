"""Executes statements of the package query on DuckDB, over tables of the shape Quilt gives them in Athena.

The file named by the argument: {"tables": [{"database", "name", "columns": {name: type}, "rows": [[…]]}],
                              "queries": [{"sql", "parameters": [text of a SQL literal]}]}
Standard output: {"results": [{"columns", "rows"} | {"error"}], "left": {table: rows}} ("left" after all queries).

What differs from Athena's engine (Trino), and nothing else:
- `json_extract_scalar` is a macro over DuckDB's own functions. As in Trino: null for what is no JSON, for what is absent,
  and for objects and arrays; numbers and booleans as text. The path `$["key"]`, which Trino reads, is written `$."key"`.
- Athena replaces each `?` by the text of an execution parameter, as EXECUTE … USING does: here by PREPARE and EXECUTE,
  so that the texts are read by a SQL parser, and one that is more than a literal would show.
"""

import json
import sys

import duckdb

MACRO = """
CREATE MACRO json_extract_scalar(document, path) AS
CASE WHEN json_valid(document)
     AND json_type(document, '$.' || path[3:-2]) NOT IN ('OBJECT', 'ARRAY', 'NULL')
THEN json_extract_string(document, '$.' || path[3:-2]) END
"""


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        asked = json.load(file)
    db = duckdb.connect(config={"enable_external_access": False})
    db.execute("SET autoinstall_known_extensions = false")
    db.execute(MACRO)
    names = []
    for table in asked["tables"]:
        name = quoted(table["database"]) + "." + quoted(table["name"])
        names.append(name)
        columns = ", ".join(f"{quoted(column)} {kind}" for column, kind in table["columns"].items())
        db.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(table['database'])}")
        db.execute(f"CREATE TABLE {name} ({columns})")
        for row in table["rows"]:
            db.execute(f"INSERT INTO {name} VALUES ({', '.join('?' for _ in row)})", row)
    results = []
    for query in asked["queries"]:
        try:
            db.execute("PREPARE asked AS " + query["sql"])
            found = db.execute("EXECUTE asked(" + ", ".join(query["parameters"]) + ")")
            columns = [column[0] for column in found.description]
            results.append({"columns": columns, "rows": [list(row) for row in found.fetchall()]})
        except duckdb.Error as error:
            results.append({"error": str(error)})
        finally:
            db.execute("DEALLOCATE PREPARE asked")
    left = {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
    json.dump({"results": results, "left": left}, sys.stdout)


main()
