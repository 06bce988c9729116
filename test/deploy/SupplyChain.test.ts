import { assert, describe, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import { root } from "./Rendering.ts"

interface LockedPackage {
  readonly integrity?: string
  readonly link?: boolean
  readonly inBundle?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: ReadonlyArray<string>
  readonly cpu?: ReadonlyArray<string>
  readonly resolved?: string
}

describe("what the project takes from others", () => {
  /** A program of a development tool, for another machine than those of CI and of the images. */
  const isForOthers = ({ cpu, dev, optional, os }: LockedPackage) =>
    dev === true && optional === true && !(os?.includes("linux") === true && cpu?.includes("x64") === true)

  const lockfiles = globSync(["package-lock.json", "ci/tools/*/package-lock.json"], { cwd: root })

  it.each(lockfiles)(
    "is fixed by its contents: what CI and the images install by %s has a SHA-512, and comes from no other place",
    (file) => {
      const lockfile: { readonly packages: Readonly<Record<string, LockedPackage>> } = JSON.parse(
        readFileSync(`${root}/${file}`, "utf8")
      )
      const packages = Object.entries(lockfile.packages)
      // Our own packages are folders, and links to them.
      const foreign = packages.filter(([path, { link }]) => path.startsWith("node_modules/") && link !== true)
      assert.isAbove(foreign.length, file === "package-lock.json" ? 300 : 0)
      const loose = foreign.filter(([, locked]) => {
        const { inBundle, integrity, resolved } = locked
        if (inBundle === true || integrity === undefined && isForOthers(locked)) return false
        return resolved !== undefined || !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? "")
      })
      assert.deepStrictEqual(loose, [])
      const others = packages.filter(([path]) => !path.startsWith("node_modules/") && path !== "")
      for (const [path] of others) assert.match(path, /^packages\/[\w-]+(?:\/node_modules\/.+)?$/)
    }
  )

  it("runs no script of its own when it is installed", () => {
    assert.match(readFileSync(`${root}/.npmrc`, "utf8"), /^ignore-scripts=true$/m)
    // Other folders have no .npmrc. With --prefix, npm would not read the machine's either.
    const elsewhere = [...readFileSync(`${root}/Makefile`, "utf8").matchAll(/cd .*npm ci.*/g)]
    assert.isNotEmpty(elsewhere)
    for (const [line] of elsewhere) assert.include(line, "--ignore-scripts")
    assert.notMatch(readFileSync(`${root}/Makefile`, "utf8"), /npm .*--prefix/)
  })

  const workflows = globSync(["action.yml", ".github/workflows/*.yml", "ci/templates/**/*.yml"], { cwd: root })

  it.each(workflows)("names the actions of %s by their commits, with the version beside it", (file) => {
    for (const [, action = ""] of readFileSync(`${root}/${file}`, "utf8").matchAll(/^[^#\n]*\buses: (.+)$/gm)) {
      assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    }
  })

  it("is looked at each week: known weaknesses of packages, newer versions of packages, actions and bases", () => {
    assert.match(readFileSync(`${root}/.github/workflows/audit.yml`, "utf8"), /cron:[^]*npm audit --omit=dev/)
    const updates = readFileSync(`${root}/.github/dependabot.yml`, "utf8")
    for (const name of ["npm", "github-actions", "docker"]) assert.include(updates, `package-ecosystem: ${name}\n`)
  })
})
