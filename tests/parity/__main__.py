"""`python -m tests.parity [pattern]`: the sweep without pytest, printing the table of worst errors."""
import sys
from .test_parity import sweep, table

if __name__ == '__main__':
    rows = sweep(sys.argv[1] if len(sys.argv) > 1 else '', verbose=True)
    print(table(rows))
    sys.exit(any(r['failed'] for r in rows))
