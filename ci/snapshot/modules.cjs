// The end of the script that makes a startup snapshot. Above it stand `main`, the name of the first chunk, `chunks`, the
// functions of the chunks that are loaded before the snapshot, and `exportsOf`, the names that modules of Node export
// which a snapshot cannot hold: http, for one, has handles. Those are loaded by the process that starts from it.
const made = new Map()
let isMade = false

/** `createRequire`, which is used while modules are loaded, for those of Node. */
const createRequire = (file) => (id) => isMade ? process.getBuiltinModule("module").createRequire(file)(id) : builtin(id)

/** Module of Node, of which nothing is loaded until one of its exports is read. */
const deferredModule = (name) => {
  const deferred = {}
  for (const key of exportsOf[name]) {
    const get = key === "createRequire" ? () => createRequire : () => process.getBuiltinModule(name)[key]
    Object.defineProperty(deferred, key, { enumerable: true, get })
  }
  return deferred
}

const deferred = Object.fromEntries(Object.keys(exportsOf).map((name) => [name, deferredModule(name)]))

const builtin = (id) => isMade ? process.getBuiltinModule(id) : deferred[id.replace(/^node:/, "")] ?? require(id)

/** `require` for the chunks that are loaded from their files: they find there the modules that the snapshot holds. */
const fromFiles = () => {
  const Module = process.getBuiltinModule("module")
  const requireFile = Module.createRequire(__filename)
  for (const [name, { exports }] of made) {
    const path = `${__dirname}/${name}`
    requireFile.cache[path] = Object.assign(new Module(path), { exports, filename: path, loaded: true })
  }
  return requireFile
}

let requireFile
const requireOf = (id) => {
  const name = id.startsWith("./") ? id.slice(2) : undefined
  const held = name === undefined ? undefined : made.get(name)
  if (held !== undefined) return held.exports
  if (chunks[name] !== undefined) return load(name)
  return process.getBuiltinModule("module").isBuiltin(id) ? builtin(id) : (requireFile ??= fromFiles())(id)
}

const load = (name) => {
  const module = { exports: {} }
  const make = chunks[name]
  // Its code is of no more use.
  delete chunks[name]
  made.set(name, module)
  make(module.exports, requireOf, module, `${__dirname}/${name}`, __dirname)
  return module.exports
}

// An error of this time, as `Effect.fn` makes them, would keep the code of everything that was being loaded: 1 MB.
const { stackTraceLimit } = Error
Error.stackTraceLimit = 0
load(main)
Error.stackTraceLimit = stackTraceLimit
isMade = true
