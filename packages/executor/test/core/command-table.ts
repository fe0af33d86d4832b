/** What workspaces of each kind but Node's make of each intention. */
import { type CommandRow, commands } from './command-row.js';

const json = (value: unknown) => JSON.stringify(value);
const MAKE_ALL = 'deps:\ncompile:\nbuild:\nlint:\ntest:\nrun:\n';
const GRADLE = '--no-daemon --console=plain';
const CMAKE = 'sh -c cmake -S . -B build && cmake --build build --parallel';
const PIP = 'python3 -m pip install --no-input';
const PHP = 'composer --no-interaction';

export const COMMANDS: readonly CommandRow[] = [
  {
    kind: 'cargo with a lock file',
    ecosystem: 'cargo',
    texts: { 'Cargo.toml': '[package]\nname = "a"', 'Cargo.lock': '' },
    commands: commands(
      'cargo fetch --locked',
      'cargo build --locked',
      'cargo build --locked',
      'cargo clippy --all-targets --locked',
      'cargo test --locked',
      'cargo run --locked',
    ),
  },
  {
    kind: 'cargo without a lock file',
    ecosystem: 'cargo',
    texts: { 'Cargo.toml': '[package]\nname = "a"' },
    commands: commands(
      'cargo fetch',
      'cargo build',
      'cargo build',
      'cargo clippy --all-targets',
      'cargo test',
      'cargo run',
    ),
  },
  {
    kind: 'go',
    ecosystem: 'go',
    texts: { 'go.mod': 'module a\n' },
    commands: commands(
      'go mod download',
      'go build ./...',
      'go build ./...',
      'go vet ./...',
      'go test ./...',
      'go run .',
    ),
    withFile: commands('!files', '!files', '!files', '!files', '!files', 'go run a.x'),
  },
  {
    kind: 'uv, django, pytest and ruff',
    ecosystem: 'python',
    texts: { 'pyproject.toml': '[project]\nname = "a"\n# pytest ruff', 'uv.lock': '', 'manage.py': '' },
    commands: commands(
      'uv sync --frozen',
      'uv run python -m compileall -q .',
      'uv build',
      'uv run ruff check',
      'uv run python -m pytest',
      'uv run python manage.py',
    ),
    withFile: commands(
      '!files',
      'uv run python -m compileall -q a.x',
      '!files',
      'uv run ruff check a.x',
      'uv run python -m pytest a.x',
      'uv run python a.x',
    ),
  },
  {
    kind: 'poetry by its table alone',
    ecosystem: 'python',
    texts: { 'pyproject.toml': '[tool.poetry]\nname = "a"', 'main.py': '' },
    commands: commands(
      'poetry install --no-interaction',
      'poetry run python -m compileall -q .',
      'poetry build',
      '!none',
      'poetry run python -m unittest',
      'poetry run python main.py',
    ),
    withFile: commands(
      '!files',
      'poetry run python -m compileall -q a.x',
      '!files',
      '!none',
      'poetry run python -m unittest a.x',
      'poetry run python a.x',
    ),
  },
  {
    kind: 'pip with requirements that name ruff, and both programs',
    ecosystem: 'python',
    texts: { 'requirements.txt': 'ruff==0.6\n', 'main.py': '', 'manage.py': '', 'pytest.ini': '' },
    commands: commands(
      `${PIP} -r requirements.txt`,
      'python3 -m compileall -q .',
      'python3 -m build',
      'ruff check',
      'python3 -m pytest',
      'python3 manage.py',
    ),
    withFile: commands(
      '!files',
      'python3 -m compileall -q a.x',
      '!files',
      'ruff check a.x',
      'python3 -m pytest a.x',
      'python3 a.x',
    ),
  },
  ...(
    [
      ['poetry.lock', '', 'poetry install --no-interaction', 'poetry run python -m unittest', 'poetry build'],
      ['pyproject.toml', '', `${PIP} -e .`, 'python3 -m unittest', 'python3 -m build'],
      ['setup.cfg', 'tests_require = pytest', `${PIP} -e .`, 'python3 -m pytest', 'python3 -m build'],
      ['setup.py', 'pytest', `${PIP} -e .`, 'python3 -m pytest', 'python3 -m build'],
      ['pytest.ini', '', '!none', 'python3 -m pytest', 'python3 -m build'],
      ['manage.py', '', '!none', 'python3 -m unittest', 'python3 -m build'],
    ] as const
  ).map(([name, text, install, test, build]) => {
    const python = name === 'poetry.lock' ? 'poetry run python' : 'python3';
    const run = name === 'manage.py' ? `${python} manage.py` : '!none';
    return {
      kind: `python by ${name} alone`,
      ecosystem: 'python',
      texts: { [name]: text },
      commands: commands(install, `${python} -m compileall -q .`, build, '!none', test, run),
      withFile: commands(
        install === '!none' ? '!none' : '!files',
        `${python} -m compileall -q a.x`,
        '!files',
        '!none',
        `${test} a.x`,
        `${python} a.x`,
      ),
    };
  }),
  {
    kind: 'python whose tox.ini names pytest',
    ecosystem: 'python',
    texts: { 'setup.py': '', 'tox.ini': 'deps = pytest' },
    commands: commands(
      `${PIP} -e .`,
      'python3 -m compileall -q .',
      'python3 -m build',
      '!none',
      'python3 -m pytest',
      '!none',
    ),
    withFile: commands(
      '!files',
      'python3 -m compileall -q a.x',
      '!files',
      '!none',
      'python3 -m pytest a.x',
      'python3 a.x',
    ),
  },
  {
    kind: 'maven with checkstyle and a program',
    ecosystem: 'maven',
    texts: { 'pom.xml': 'maven-checkstyle-plugin exec-maven-plugin' },
    commands: commands(
      'mvn --batch-mode dependency:go-offline',
      'mvn --batch-mode compile',
      'mvn --batch-mode package -DskipTests',
      'mvn --batch-mode checkstyle:check',
      'mvn --batch-mode test',
      'mvn --batch-mode exec:java',
    ),
  },
  {
    kind: 'maven with a wrapper',
    ecosystem: 'maven',
    texts: { 'pom.xml': '', mvnw: '' },
    commands: commands(
      './mvnw --batch-mode dependency:go-offline',
      './mvnw --batch-mode compile',
      './mvnw --batch-mode package -DskipTests',
      '!none',
      './mvnw --batch-mode test',
      '!none',
    ),
  },
  {
    kind: 'gradle of a library',
    ecosystem: 'gradle',
    texts: { 'build.gradle': "plugins { id 'java' }" },
    commands: commands(
      `gradle ${GRADLE} dependencies`,
      `gradle ${GRADLE} classes`,
      `gradle ${GRADLE} assemble`,
      `gradle ${GRADLE} check -x test`,
      `gradle ${GRADLE} test`,
      '!none',
    ),
  },
  {
    kind: 'gradle of a program on spring boot, with a wrapper',
    ecosystem: 'gradle',
    texts: { 'build.gradle.kts': 'id("org.springframework.boot")', gradlew: '' },
    commands: commands(
      `./gradlew ${GRADLE} dependencies`,
      `./gradlew ${GRADLE} classes`,
      `./gradlew ${GRADLE} assemble`,
      `./gradlew ${GRADLE} check -x test`,
      `./gradlew ${GRADLE} test`,
      `./gradlew ${GRADLE} bootRun`,
    ),
  },
  {
    kind: 'cmake',
    ecosystem: 'cmake',
    texts: { 'CMakeLists.txt': '' },
    commands: commands(
      'cmake -S . -B build',
      CMAKE,
      CMAKE,
      '!none',
      `${CMAKE} && ctest --test-dir build --output-on-failure`,
      '!none',
    ),
  },
  {
    kind: 'ruby with rspec and rubocop',
    ecosystem: 'ruby',
    texts: { Gemfile: '', 'Gemfile.lock': 'rubocop (1.60)', '.rspec': '', Rakefile: '' },
    commands: commands(
      'bundle install',
      '!none',
      '!none',
      'bundle exec rubocop',
      'bundle exec rspec',
      '!none',
    ),
    withFile: commands(
      '!files',
      '!none',
      '!none',
      'bundle exec rubocop a.x',
      'bundle exec rspec a.x',
      'bundle exec ruby a.x',
    ),
  },
  {
    kind: 'ruby with rake and rubocop',
    ecosystem: 'ruby',
    texts: { Gemfile: "gem 'rubocop'", Rakefile: '' },
    commands: commands(
      'bundle install',
      '!none',
      '!none',
      'bundle exec rubocop',
      'bundle exec rake test',
      '!none',
    ),
    withFile: commands(
      '!files',
      '!none',
      '!none',
      'bundle exec rubocop a.x',
      '!files',
      'bundle exec ruby a.x',
    ),
  },
  {
    kind: 'ruby with nothing',
    ecosystem: 'ruby',
    texts: { Gemfile: '' },
    commands: commands('bundle install', '!none', '!none', '!none', '!none', '!none'),
    withFile: commands('!files', '!none', '!none', '!none', '!none', 'bundle exec ruby a.x'),
  },
  {
    kind: 'php with every script',
    ecosystem: 'php',
    texts: {
      'composer.json': json({ scripts: { build: 'a', lint: 'a', check: 'a', test: 'a', start: 'a' } }),
    },
    commands: commands(
      `${PHP} install`,
      '!none',
      `${PHP} run-script build`,
      `${PHP} run-script lint`,
      `${PHP} run-script test`,
      `${PHP} run-script start`,
    ),
    withFile: commands('!files', '!none', '!files', '!files', '!files', 'php a.x'),
  },
  {
    kind: 'php with a check, and phpunit',
    ecosystem: 'php',
    texts: {
      'composer.json': json({ scripts: { check: ['a'] }, 'require-dev': { 'phpunit/phpunit': '^11' } }),
    },
    commands: commands(
      `${PHP} install`,
      '!none',
      '!none',
      `${PHP} run-script check`,
      'vendor/bin/phpunit',
      '!none',
    ),
    withFile: commands('!files', '!none', '!none', '!files', '!files', 'php a.x'),
  },
  ...['GNUmakefile', 'makefile', 'Makefile'].map((name) => ({
    kind: `a ${name} with the first names of targets`,
    ecosystem: 'make',
    texts: { [name]: MAKE_ALL },
    commands: commands('make deps', 'make compile', 'make build', 'make lint', 'make test', 'make run'),
  })),
  {
    kind: 'make with the second names, of one rule',
    ecosystem: 'make',
    texts: { Makefile: 'dependencies build tests start: x\n' },
    commands: commands('make dependencies', 'make build', 'make build', '!none', 'make tests', 'make start'),
  },
  {
    kind: 'make with the third names, and a variable that is named as a target',
    ecosystem: 'make',
    texts: { Makefile: 'setup::\nall :\ncheck:\nlint := x\nlint ::= x\n' },
    commands: commands('make setup', 'make all', 'make all', '!none', 'make check', '!none'),
  },
  {
    kind: 'make with the last name',
    ecosystem: 'make',
    texts: { Makefile: 'bootstrap:\n' },
    commands: commands('make bootstrap', 'make', 'make', '!none', '!none', '!none'),
  },
  {
    kind: 'a GNUmakefile that make reads before the others',
    ecosystem: 'make',
    texts: { GNUmakefile: 'lint:\n', makefile: 'test:\n', Makefile: 'run:\n' },
    commands: commands('!none', 'make', 'make', 'make lint', '!none', '!none'),
  },
];
