def pytest_terminal_summary(terminalreporter):
    "Print the table of worst errors under the test results."
    import sys
    m = next((m for n, m in sys.modules.items() if n.endswith('parity.test_parity')), None)
    if m and m.ROWS: terminalreporter.write_line('\n' + m.table(m.ROWS))
