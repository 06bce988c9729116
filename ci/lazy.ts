/**
 * Modules of a bundle that are loaded when the first of their functions is called, and not with the program: a server
 * that has no job yet needs none of the code that reviews. The sources import them as any other: only the bundle differs.
 */
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import type { Plugin } from "rolldown"

/** Modules that neither a server needs before its first job, nor a job before its first request to the forge. */
export const lazily = [
  "domain/src/text/Yaml.ts",
  "forge/src/GitLab.ts",
  "forge/src/outgoing/Sanitise.ts",
  "review/src/Drafting.ts",
  "review/src/commands/Question.ts",
  "workspace/src/Checkout.ts"
].map((path) => fileURLToPath(new URL(`../packages/${path}`, import.meta.url)))

/** Name of a module's file in the bundle. */
export const nameOf = (path: string) => basename(path, ".ts")

const prefix = "\0lazy:"

/** True for a function, and not for a class or a value: nothing of those can be had without loading the module. */
const isPlain = (value: unknown) =>
  typeof value === "function" && !/^class\b/.test(Function.prototype.toString.call(value))

/**
 * Source of a module with the same functions, which loads the other at the first call. Of what else that one exports it
 * has nothing: who imports that ends the build.
 */
const sourceOf = async (path: string, ending: string): Promise<string> => {
  const exports: Readonly<Record<string, unknown>> = await import(path)
  const names = Object.keys(exports).filter((name) => isPlain(exports[name]))
  return [
    "import { createRequire } from \"node:module\"",
    "let its",
    `const load = () => its ??= createRequire(import.meta.url)("./${nameOf(path)}.${ending}")`,
    ...names.map((name) => `export function ${name}(...given) { return load().${name}(...given) }`)
  ].join("\n")
}

/** The plugin of the bundler. Each of the modules is an input of the bundle, too. `ending`: that of the chunks' names. */
export const lazy = (paths: ReadonlyArray<string>, ending: "cjs" | "js"): Plugin => ({
  name: "lazy",
  resolveId: {
    // An import that cannot mean one of them stays in the bundler, which has thousands.
    filter: { id: new RegExp(`/(?:${paths.map(nameOf).join("|")})(?:\\.ts)?$`) },
    async handler(source, importer, options) {
      if (importer === undefined || options.kind !== "import-statement") return null
      const found = await this.resolve(source, importer, { ...options, skipSelf: true })
      return found !== null && paths.includes(found.id) ? `${prefix}${found.id}` : null
    }
  },
  load: {
    filter: { id: new RegExp(`^${prefix}`) },
    handler: async (id) => ({ code: await sourceOf(id.slice(prefix.length), ending), moduleSideEffects: false })
  }
})
