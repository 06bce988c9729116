/**
 * Hashes in the lockfiles. `node ci/lockfiles.ts` names what could be installed in CI or into an image without one; `--write`
 * asks the registry for those that are missing; `--remove FOLDER` takes away what npm has installed there without one, before
 * anything of it has run.
 */
import { execFileSync } from "node:child_process"
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { argv } from "node:process"
import { fileURLToPath } from "node:url"

interface LockedPackage {
  readonly version?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly inBundle?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: ReadonlyArray<string>
  readonly cpu?: ReadonlyArray<string>
  readonly resolved?: string
}

/** Packages by their folders. */
export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

const isHash = (text = ""): boolean => /^sha512-[A-Za-z0-9+/]{86}==$/.test(text)

/** Folders of the packages from elsewhere that have no hash. Our own packages are folders, and links to them. */
export const withoutHash = ({ packages }: Lockfile): ReadonlyArray<string> =>
  Object.entries(packages).flatMap(([path, { inBundle, integrity, link }]) =>
    path.includes("node_modules/") && link !== true && inBundle !== true && !isHash(integrity) ? [path] : []
  )

/** True for a program of a development tool for another machine than one of CI and of the images. */
const isForOthers = ({ cpu, dev, optional, os }: LockedPackage): boolean =>
  dev === true && optional === true && !(os?.includes("linux") === true && cpu?.includes("x64") === true)

/** Packages that CI or an image would take without a hash, or from another place than the registry. */
export const loose = (lockfile: Lockfile): ReadonlyArray<string> => [
  ...withoutHash(lockfile).filter((path) => !isForOthers(lockfile.packages[path] ?? {})),
  ...Object.entries(lockfile.packages).flatMap(([path, { link, resolved }]) =>
    resolved === undefined || link === true ? [] : [path]
  )
]

const read = (file: string): Lockfile => JSON.parse(readFileSync(file, "utf8"))

/** Answer of the registry; none where it does not have the package. */
const hashOf = (path: string, version: string): string | undefined => {
  const name = `${path.split("node_modules/").at(-1)}@${version}`
  try {
    const hash = execFileSync("npm", ["view", name, "dist.integrity"], { encoding: "utf8", stdio: "pipe" }).trim()
    return isHash(hash) ? hash : undefined
  } catch {
    return undefined
  }
}

const written = (lockfile: Lockfile): Lockfile => {
  const missing = new Set(withoutHash(lockfile))
  const packages = Object.entries(lockfile.packages).map(([path, locked]) => {
    const { version = "", ...rest } = locked
    const integrity = missing.has(path) ? hashOf(path, version) : undefined
    return [path, integrity === undefined ? locked : { version, integrity, ...rest }] as const
  })
  return { ...lockfile, packages: Object.fromEntries(packages) }
}

if (import.meta.main) {
  const root = fileURLToPath(new URL("..", import.meta.url))
  const files = globSync(["package-lock.json", "ci/tools/*/package-lock.json"], { cwd: root }).map((file) =>
    join(root, file)
  )
  const [, , option, folder = root] = argv
  if (option === "--remove") {
    for (const path of withoutHash(read(join(folder, "package-lock.json")))) {
      rmSync(join(folder, path), { recursive: true, force: true })
    }
  } else {
    if (option === "--write") {
      for (const file of files) writeFileSync(file, `${JSON.stringify(written(read(file)), null, 2)}\n`)
    }
    const named = files.flatMap((file) => loose(read(file)).map((path) => `${file}: ${path}`))
    if (named.length > 0) {
      process.stderr.write(
        `${named.join("\n")}\nhas no hash: \`node ci/lockfiles.ts --write\` asks the registry for it\n`
      )
      process.exitCode = 1
    }
  }
}
