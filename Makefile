# Two commands: `make run` and `make test`. All they need is python3 (3.11 or newer) and, the first time, the internet.
PYTHON ?= python3
IN_ENVIRONMENT = $(PYTHON) -I clinic/bootstrap.py
LIKE_PRODUCTION = CLINIC_ENV=production SECRET_KEY="$$(head -c 40 /dev/urandom | od -An -tx1 | tr -d ' \n')" \
	SITE_URL=https://clinic.example.org TRUSTED_PROXIES=1 DATABASE_URL=postgres://clinic@127.0.0.1/clinic \
	EMAIL_URL=smtp+tls://clinic:secret@mail.example.org:587 DEFAULT_FROM_EMAIL=clinic@example.org

.PHONY: run test newest pins known-faults drill bench-intake bench-signin bench-desk bench-guide bench-scale soak lint screenshots python

run: python
	@$(IN_ENVIRONMENT) run

test: python
	@$(IN_ENVIRONMENT) -m tests $(ARGS)

newest: python
	@$(IN_ENVIRONMENT) -m tests.newest $(ARGS)

pins: python
	@$(IN_ENVIRONMENT) -m clinic.pins $(ARGS)

known-faults: python
	@$(IN_ENVIRONMENT) -m clinic.known_faults $(ARGS)

drill: python
	@DRILL=1 $(IN_ENVIRONMENT) -m tests tests/faults $(ARGS)

bench-intake: python
	@$(IN_ENVIRONMENT) -m benchmarks.intake $(ARGS)

bench-signin: python
	@$(IN_ENVIRONMENT) -m benchmarks.signin $(ARGS)

bench-desk: python
	@$(IN_ENVIRONMENT) -m benchmarks.desk $(ARGS)

bench-guide: python
	@$(IN_ENVIRONMENT) -m benchmarks.guide_page $(ARGS)

bench-scale: python
	@$(IN_ENVIRONMENT) -m benchmarks.scale $(ARGS)

soak: python
	@$(IN_ENVIRONMENT) -m benchmarks.soak $(ARGS)

lint: python
	@$(IN_ENVIRONMENT) install
	.venv/bin/python -m pip check
	.venv/bin/python -m clinic.known_faults --offline
	.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m djlint --lint --quiet templates
	.venv/bin/python manage.py makemigrations --check --dry-run
	@echo "check --deploy, with an environment like production's"
	@$(LIKE_PRODUCTION) .venv/bin/python manage.py check --deploy --fail-level WARNING

screenshots: python
	@$(IN_ENVIRONMENT) -m tests.browser.screenshots $(ARGS)

python:
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing. Install Python 3.11 or newer (Debian and Ubuntu: sudo apt install python3 python3-venv; macOS: brew install python)." >&2; exit 1; }
