"""Read pictures within a Daft pipeline, with a worker that holds the networks.

python on_daft.py "folder/*.jpg"    (or s3://bucket/**; needs hushmark[daft])
"""

import sys

import daft
from hushmark.scale.engine import Engine, Job
from hushmark.scale.on_daft import Pictures

if __name__ == "__main__":
    found = daft.from_glob_path(sys.argv[1])
    tasks = found.select(daft.functions.to_struct(file=daft.col("path")).alias("task"))
    pictures = daft.cls(max_concurrency=1)(Pictures)(Job("read", Engine()))
    rows = tasks.select(pictures.read(tasks["task"]).alias("row"))
    for row in rows.select(rows["row"].unnest()).iter_rows():
        print(f"{row['file']}: {row['message']['value'] if row['message'] else row['outcome']}")
