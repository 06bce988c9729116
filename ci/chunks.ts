/**
 * The chunks of a bundle. Each one that a start loads costs more than its bytes: it is found, read and linked by itself.
 * So the modules that a server loads at its start are in one, those of a job in another, and those of both in a third.
 * What the thread that parses needs is apart from all of them.
 */
import type { OutputChunk, OutputOptions, RolldownOutput } from "rolldown"

/** The modules that are loaded with a module. */
export const loadedWith = ({ output }: RolldownOutput, module: string): ReadonlySet<string> => {
  const chunks = new Map(output.flatMap((one) => one.type === "chunk" ? [[one.fileName, one] as const] : []))
  const loaded = new Set<OutputChunk>()
  const add = (chunk: OutputChunk | undefined): void => {
    if (chunk === undefined || loaded.has(chunk)) return
    loaded.add(chunk)
    for (const name of chunk.imports) add(chunks.get(name))
  }
  const [first] = [...chunks.values()].filter(({ moduleIds }) => moduleIds.some((id) => id.endsWith(module)))
  if (first === undefined) throw new Error(`${module} is in no chunk`)
  add(first)
  return new Set([...loaded].flatMap(({ moduleIds }) => moduleIds))
}

/** Modules that are chunks of their own, as they are loaded by name. */
const entry = /cli\/src\/(?:main|UsualCommands|commands\/(?:RunJob|Serve))\.ts$/

/** Groups of the modules of a bundle that was made without any. */
export const togetherAtStart = (bundle: RolldownOutput): Exclude<OutputOptions["codeSplitting"], boolean> => {
  const of = (name: string) => loadedWith(bundle, `cli/src/${name}.ts`)
  const worker = loadedWith(bundle, "syntax/SyntaxWorker.ts")
  const [command, ending, job, server] = [of("main"), of("Ending"), of("commands/RunJob"), of("commands/Serve")]
  const isOfAll = (id: string) => command.has(id) || ending.has(id) || job.has(id) && server.has(id)
  return {
    includeDependenciesRecursively: false,
    groups: [
      // Before the others: the thread that parses must not load the program for what they share.
      { name: "parser", test: (id) => worker.has(id) && job.has(id) },
      { name: "start", test: (id) => isOfAll(id) && !entry.test(id) },
      { name: "job", test: (id) => job.has(id) && !isOfAll(id) && !entry.test(id) },
      { name: "server", test: (id) => server.has(id) && !isOfAll(id) && !entry.test(id) }
    ]
  }
}
