import { assert, layer } from "@effect/vitest"
import { Sha } from "@nominal-code/domain/event/PullRequest"
import { ConfigProvider, Effect, FileSystem, Layer, Path, Result } from "effect"
import { availableParallelism } from "node:os"
import { rootCertificates } from "node:tls"
import { vi } from "vitest"
import * as Git from "../src/Git.ts"
import * as Objects from "../src/Objects.ts"
import * as Remote from "../src/Remote.ts"
import { make as makeFixture, password, services } from "./Fixture.ts"

const temporary = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.makeTempDirectoryScoped({ prefix: "git-test-" })
})

const gitWith = (baseDir: string, environment: Record<string, string>) =>
  Git.layer({ baseDir }).pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(environment))))

layer(services, { excludeTestServices: true })("Git", (it) => {
  it.effect("runs with an environment made from nothing, and credentials only for the one server", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const { directory, pull } = yield* makeFixture
      const bin = path.join(directory, "bin")
      yield* fs.makeDirectory(bin)
      yield* fs.writeFileString(path.join(bin, "git"), "#!/bin/sh\nenv\n")
      yield* fs.chmod(path.join(bin, "git"), 0o755)
      vi.stubEnv("NOMINAL_CANARY", "canary")
      vi.stubEnv("GIT_SSH_COMMAND", "canary")
      yield* Effect.addFinalizer(() => Effect.sync(() => vi.unstubAllEnvs()))
      const authority = path.join(directory, "authority.pem")
      yield* fs.writeFileString(authority, "the forge's own authority")
      const environment = {
        PATH: `.:relative/bin:${bin}:/usr/bin:/bin`,
        HTTPS_PROXY: "http://proxy.example",
        NODE_EXTRA_CA_CERTS: authority
      }
      yield* Effect.gen(function*() {
        const git = yield* Git.Git
        const seen = (options: Git.GitOptions) =>
          Effect.map(git.run(["x"], options), ({ stdout }) => {
            const entries = Buffer.from(stdout).toString().trim().split("\n").map((line) => line.split(/=(.*)/s))
            return Object.fromEntries(entries.map(([name = "", value = ""]) => [name, value]))
          })
        const { OLDPWD: _oldpwd, PWD: _pwd, SHLVL: _shlvl, _: _last, ...local } = yield* seen({ gitDir: "/x" })
        assert.deepStrictEqual(local, {
          PATH: `${bin}:/usr/bin:/bin`,
          HOME: path.join(directory, "base", "home"),
          LC_ALL: "C",
          TZ: "UTC",
          GIT_CONFIG_NOSYSTEM: "1",
          GIT_CONFIG_GLOBAL: "/dev/null",
          GIT_ATTR_NOSYSTEM: "1",
          GIT_TERMINAL_PROMPT: "0",
          GIT_OPTIONAL_LOCKS: "0",
          GIT_LITERAL_PATHSPECS: "1",
          GIT_NO_LAZY_FETCH: "1",
          GIT_ALLOC_LIMIT: "128m"
        })
        const remote = yield* Remote.fromRequest(pull({ a: "1" }, { a: "2" }))
        assert.notProperty(yield* seen({ gitDir: "/x", remote }), "HTTPS_PROXY")
        const network = yield* seen({ gitDir: "/x", remote: { ...remote, protocol: "https" } })
        assert.strictEqual(network["HTTPS_PROXY"], "http://proxy.example")
        const authorities = yield* fs.readFileString(network["GIT_SSL_CAINFO"] ?? "")
        assert.include(authorities, rootCertificates.at(-1) ?? "none")
        assert.include(authorities, "the forge's own authority")
        assert.strictEqual(network["GIT_CONFIG_COUNT"], "1")
        assert.strictEqual(network["GIT_CONFIG_KEY_0"], `http.${new URL("/", remote.url).href}.extraHeader`)
        const sent = network["GIT_CONFIG_VALUE_0"]?.replace("Authorization: Basic ", "") ?? ""
        assert.include(Buffer.from(sent, "base64").toString(), password)
      }).pipe(Effect.provide(gitWith(path.join(directory, "base"), environment)))
    }))

  it.effect("opens no transport to a command that names no server, and none but the server's own otherwise", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const { baseDir, directory, pull, repository, server } = yield* makeFixture
      const remote = yield* Remote.fromRequest(pull({ a: "1" }, { a: "2" }))
      const gitDir = path.join(directory, "x.git")
      const marker = path.join(directory, "ran")
      yield* Effect.gen(function*() {
        const git = yield* Git.Git
        yield* git.run(["init", "--bare", "--quiet"], { gitDir })
        const urls = [
          repository.bare,
          `file://${repository.bare}`,
          `ext::touch ${marker}`,
          "git://127.0.0.1/x",
          "ssh://h/x"
        ]
        for (const url of urls) {
          for (const options of [{ gitDir }, { gitDir, remote }]) {
            const error = yield* Effect.flip(git.run(["fetch", url, "HEAD"], options))
            assert.match(error.message, /transport '\w+' not allowed/, url)
          }
        }
        const error = yield* Effect.flip(git.run(["fetch", remote.url, "HEAD"], { gitDir }))
        assert.include(error.message, "transport 'http' not allowed")
        assert.deepStrictEqual(server.seen, [])
        assert.isFalse(yield* fs.exists(marker))
      }).pipe(Effect.provide(gitWith(baseDir, {})))
    }))

  it.effect("says in one line that git is missing, or that its directory cannot be written", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* temporary
      const run = Effect.flatMap(Git.Git, (git) => git.run(["version"], { gitDir: directory }))
      const missing = yield* Effect.flip(Effect.provide(run, gitWith(directory, { PATH: "/nonexistent" })))
      assert.strictEqual(
        missing.message,
        "git was not found: install git 2.39 or later and see that it is on the PATH."
      )
      yield* fs.writeFileString(`${directory}/file`, "")
      for (const [name, why] of [["file", "it is a file"], ["file/base", "a part of its path is a file"]] as const) {
        const unwritable = yield* Effect.flip(Effect.provide(run, gitWith(`${directory}/${name}`, {})))
        assert.strictEqual(
          unwritable.message,
          `the workspace directory ${directory}/${name} cannot be written (${why}); ` +
            "set workspace.base_dir (WORKSPACE_BASE_DIR) to another one"
        )
      }
    }))

  it.effect("has limits of CPU time and of memory that hold when this process is gone (prlimit)", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* temporary
      yield* fs.makeDirectory(`${directory}/bin`)
      yield* fs.writeFileString(`${directory}/bin/git`, "#!/bin/sh\nulimit -t\nulimit -d\n", { mode: 0o755 })
      const PATH = `${directory}/bin:/usr/bin:/bin`
      if (!(yield* fs.exists("/usr/bin/prlimit"))) return
      const limits = (options: Partial<Git.GitOptions>) =>
        Effect.flatMap(Git.Git, (git) => git.run(["x"], { gitDir: directory, ...options })).pipe(
          Effect.map(({ stdout }) => Buffer.from(stdout).toString().trim().split("\n").map(Number)),
          Effect.provide(gitWith(`${directory}/base`, { PATH }))
        )
      // As much as all cores have in the command's time, which a command within it cannot use up.
      assert.deepStrictEqual(yield* limits({ timeoutSeconds: 7 }), [7 * availableParallelism(), 2 * 1024 * 1024])
      assert.deepStrictEqual(yield* limits({}), [120 * availableParallelism(), 2 * 1024 * 1024])
      const dialogue = Effect.gen(function*() {
        const { answers } = yield* (yield* Git.Git).open(["x"], { gitDir: directory })
        const said: Array<string> = []
        yield* answers(2, () => Result.succeed(0), (line) => said.push(line))
        return said
      })
      assert.deepStrictEqual(
        yield* Effect.provide(Effect.scoped(dialogue), gitWith(`${directory}/base`, { PATH })),
        [String(3600 * availableParallelism()), String(2 * 1024 * 1024)]
      )
      // The limits' program is there, and git is not.
      yield* fs.symlink("/usr/bin/prlimit", `${directory}/prlimit`)
      const run = Effect.flatMap(Git.Git, (git) => git.run(["version"], { gitDir: directory }))
      const missing = yield* Effect.flip(Effect.provide(run, gitWith(`${directory}/base`, { PATH: directory })))
      assert.include(missing.message, "git was not found")
    }))

  it.effect("takes no large piece of memory: a command that needs one fails, and a diff has that file without lines", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* temporary
      yield* Effect.gen(function*() {
        const git = yield* Git.Git
        const gitDir = `${directory}/large.git`
        yield* git.run(["init", "--bare", "--quiet"], { gitDir })
        yield* fs.writeFileString(`${directory}/large`, "")
        yield* fs.truncate(`${directory}/large`, 140 * 1024 * 1024)
        const written = (args: ReadonlyArray<string>, stdin?: string) =>
          Effect.map(git.run(args, { gitDir, stdin }), ({ stdout }) => Buffer.from(stdout).toString().trim())
        const blob = yield* written(["hash-object", "-w", `${directory}/large`])
        const line = yield* written(["hash-object", "-w", "--stdin"], "line\n")
        const by = "Ada <ada@example.com> 1700000000 +0000"
        const committed = Effect.fnUntraced(function*(...files: ReadonlyArray<string>) {
          const tree = yield* written(["mktree"], files.join(""))
          const commit = `tree ${tree}\nauthor ${by}\ncommitter ${by}\n\nlarge\n`
          return Sha.make(yield* written(["hash-object", "-t", "commit", "-w", "--stdin"], commit))
        })
        const commit = yield* committed(`100644 blob ${line}\tl\n`, `100644 blob ${blob}\tlar:(*)\n`)
        const error = yield* Effect.flip(git.run(["blame", commit, "--", "lar:(*)"], { gitDir }))
        assert.match(error.message, /^git blame exited with 128/)
        assert.strictEqual(error.reason, "memory")
        const empty = yield* committed()
        for (const [from, to, status] of [[empty, commit, "added"], [commit, empty, "removed"]] as const) {
          const files = yield* Objects.changedFiles(gitDir, from, to)
          assert.deepStrictEqual(files.map(({ path, status }) => [path, status]), [["l", status], ["lar:(*)", status]])
          assert.deepStrictEqual(files.map(({ patch }) => patch !== undefined), [true, false])
        }
      }).pipe(Effect.provide(gitWith(directory, {})))
    }))

  it.effect("gives no more than was asked for: an error, or what fits", () =>
    Effect.gen(function*() {
      const directory = yield* temporary
      yield* Effect.gen(function*() {
        const git = yield* Git.Git
        const error = yield* Effect.flip(git.run(["version"], { gitDir: directory, maxBytes: 5 }))
        assert.strictEqual(error.reason, "too-large")
        const output = yield* git.run(["version"], { gitDir: directory, maxBytes: 5, overflow: "cut" })
        assert.strictEqual(Buffer.from(output.stdout).toString(), "git v")
      }).pipe(Effect.provide(gitWith(directory, {})))
    }))
})
