/**
 * The picture of the packages in `docs/architecture.md`, made from the imports of their sources. `node
 * ci/architecture.ts` compares the page with the code; with `--write` it brings the page up to date.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { argv } from "node:process"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const file = join(root, "docs/architecture.md")
const block = /(?<=<!-- imports: written by `make architecture` -->\n)[^]*?(?=<!-- end of imports -->)/

/** Packages that no released program holds. */
const unreleased = new Set(["testing"])

const names = readdirSync(join(root, "packages"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !unreleased.has(entry.name))
  .map(({ name }) => name)
  .toSorted()

const declaration = /(?:^(?:import|export|\})[^"\n]* from |\bimport\()"([^".\n][^"\n]*)"/gm

/** Module names in the import and export declarations, and in the dynamic imports, of a package's sources. */
const importedBy = (name: string): ReadonlyArray<string> => {
  const directory = join(root, "packages", name, "src")
  const sources = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"))
  return sources.flatMap((path) =>
    [...readFileSync(join(directory, path), "utf8").matchAll(declaration)]
      .map(([, module = ""]) => module)
  )
}

/** Name of the npm package of a module: `@scope/name` or `name`. */
const packageOf = (module: string): string => module.split("/").slice(0, module.startsWith("@") ? 2 : 1).join("/")

const imports = new Map(names.map((name) => [name, [...new Set(importedBy(name).map(packageOf))].toSorted()]))
const scope = "@nominal-code/"
const isOwn = (module: string): boolean => module.startsWith(scope)
const isCommon = (module: string): boolean =>
  module.startsWith("node:") || module === "effect" || module.startsWith("@effect/")

const ownImports = new Map(
  names.map((name) => [
    name,
    (imports.get(name) ?? []).filter(isOwn).map((module) => module.slice(scope.length)).filter((to) => to !== name)
  ])
)

/** All packages that a package imports, directly or through others. Fails on a cycle. */
const reach = (name: string, path: ReadonlyArray<string> = []): ReadonlySet<string> => {
  if (path.includes(name)) throw new Error(`import cycle: ${[...path, name].join(" → ")}`)
  const direct = ownImports.get(name) ?? []
  return new Set(direct.flatMap((to) => [to, ...reach(to, [...path, name])]))
}

/** The direct imports that no other direct import implies: the arrows that are drawn. */
const arrowsOf = (name: string): ReadonlyArray<string> => {
  const direct = ownImports.get(name) ?? []
  return direct.filter((to) => !direct.some((other) => other !== to && reach(other).has(to)))
}

const code = (items: ReadonlyArray<string>): string => items.map((item) => `\`${item}\``).join(", ") || "—"

const picture = [
  "```mermaid",
  "flowchart BT",
  ...names.flatMap((name) => arrowsOf(name).map((to) => `  ${name} --> ${to}`)),
  "```",
  "",
  "An arrow means \"imports\". Arrows that follow from others are left out here, and are in the table.",
  "",
  "| package | imports of our packages | libraries beside Effect |",
  "|---|---|---|",
  ...names.toSorted((a, b) => reach(a).size - reach(b).size).map((name) => {
    const libraries = (imports.get(name) ?? []).filter((module) => !isOwn(module) && !isCommon(module))
    return `| \`${name}\` | ${code(ownImports.get(name) ?? [])} | ${code(libraries)} |`
  }),
  ""
].join("\n")

const page = readFileSync(file, "utf8")
const written = page.replace(block, () => picture)
if (argv.includes("--write")) {
  writeFileSync(file, written)
} else if (written !== page) {
  process.stderr.write("docs/architecture.md does not show the packages' imports any more: run `make architecture`\n")
  process.exitCode = 1
}
