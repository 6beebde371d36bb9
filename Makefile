VENV := .venv
# Tests wait as much as they reckon: four at once keep two cores busy.
AT_ONCE := $(shell echo $$(($$(nproc) * 2)))
PY := $(VENV)/bin/python
LOCALE := review/presentation/locale
BABEL := $(PY) -m babel.messages.frontend --quiet
# Where this is set, every process that a test starts compiles the whole tree anew.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: deploy sbom hashes audit install extras demo demo-once test service slow check fix messages bench docs soak mutants mutants-sample newcomer nightly system wheel

install: $(VENV)/.installed
PACKED := pyproject.toml bench/pyproject.toml demo_film/pyproject.toml constraints.txt
$(VENV)/.installed: $(PACKED)
	@python3 scripts/install.py worker,server,dev && touch $@
extras: $(VENV)/.extras
$(VENV)/.extras: $(PACKED)
	@python3 scripts/install.py worker,server,dev,embed,second-reader,sherpa,s3,tracing,parquet && touch $(VENV)/.installed $@
system:
	@sh scripts/system-packages.sh
deploy: $(VENV)/checkov/.installed
	@$(PY) -m scripts.render_chart --check && $(VENV)/checkov/bin/checkov --directory deploy/kubernetes --framework kubernetes --compact --quiet \
	  --skip-download --skip-check CKV_K8S_15,CKV_K8S_35,CKV_K8S_43
# Its pins are not ours.
$(VENV)/checkov/.installed: extras
	@test -f $@ || { python3 -m venv $(VENV)/checkov && $(VENV)/checkov/bin/python -m pip install --quiet --disable-pip-version-check 'checkov>=3.3' && touch $@; }
sbom: extras
	@$(PY) -m scripts.write_sbom
# The index is whatever UV_DEFAULT_INDEX names; none is written down.
hashes: extras
	@$(VENV)/bin/uv pip compile --quiet --no-deps --generate-hashes --no-header --no-annotate --python-version 3.11.7 constraints.txt -o constraints-hashes.txt
audit: extras
	@$(PY) -m scripts.audit_packages
wheel:
	@sh scripts/bare_wheel.sh
demo: install
	@$(VENV)/bin/zhenyan demo
test: extras system
	@$(PY) -m pytest -m 'not slow and not service' -n $(AT_ONCE) --maxprocesses 6 --dist loadfile --no-loadscope-reorder
service: extras system
	@nice -n 15 $(PY) -m pytest -m 'service and not slow and reckons' >$(VENV)/reckons.txt 2>&1 & reckons=$$!; \
	status=0; $(PY) -m pytest -m 'service and not slow and not reckons' -n 2 --dist loadfile || status=$$?; \
	wait $$reckons || status=$$?; cat $(VENV)/reckons.txt; exit $$status
check: extras
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy && $(VENV)/bin/lint-imports
fix: install
	@$(VENV)/bin/ruff check --fix . && $(VENV)/bin/ruff format .
messages: install
	@$(BABEL) extract -F pyproject.toml --no-location --sort-output --project Zhenyan -o $(VENV)/messages.pot review cli cluster
	@$(BABEL) update -i $(VENV)/messages.pot -d $(LOCALE) --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 120
	@$(BABEL) compile -d $(LOCALE)
bench: install
	@$(VENV)/bin/zhenyan bench check && $(VENV)/bin/zhenyan bench asr
docs: install
	@$(PY) -m scripts.write_openapi && $(PY) scripts/write_law.py && NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict --quiet
# Six accelerated days with faults, for so long on each database: hours by hand, such as `make soak MINUTES=240`.
MINUTES := 15
soak: extras system
	@for kind in sqlite postgresql; do $(VENV)/bin/zhenyan bench soak --minutes $(MINUTES) --database $$kind || exit $$?; done
# Faults put into what decides, by parts; rewrites docs/quality/mutants.md.
mutants: extras
	@$(PY) -m scripts.mutants --write
# A clean clone in an empty home: README and the quick starts, word by word.
newcomer: extras
	@$(PY) -m scripts.newcomer
slow: extras system
	@$(PY) -m pytest -m slow -n 2 --dist loadfile --durations 25
mutants-sample: extras
	@$(PY) -m scripts.mutants --sample 40
demo-once: install
	@$(VENV)/bin/zhenyan demo --once
# What takes too long for every change; a part that fails keeps none of the others from running.
nightly: extras system
	@$(MAKE) --keep-going --jobs 1 audit sbom deploy slow soak mutants-sample newcomer demo-once
