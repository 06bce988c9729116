import { assert, it } from "@effect/vitest"
import { languageOf, languagesOf } from "@nominal-code/domain/review/Language"

it("knows a language by the file's extension, in any case and at any depth", () => {
  const files = {
    python: ["a.py", "src/a.pyi"],
    typescript: ["a.ts", "a.tsx", "a.mts", "a.cts", "a.d.ts"],
    javascript: ["a.js", "a.jsx", "a.mjs", "a.cjs"],
    go: ["a.go"],
    rust: ["a.rs"],
    java: ["A.java", "A.JAVA"],
    kotlin: ["a.kt", "build.gradle.kts"],
    ruby: ["a.rb", "Gemfile", "lib/Rakefile"],
    php: ["a.php"],
    csharp: ["a.cs"],
    c: ["a.c", "a.h"],
    cpp: ["a.cpp", "a.cc", "a.hpp"],
    swift: ["a.swift"],
    shell: ["a.sh", "a.bash"],
    sql: ["001_init.sql"],
    dockerfile: ["deploy/Dockerfile"],
    terraform: ["main.tf"]
  }
  for (const [language, paths] of Object.entries(files)) {
    for (const path of paths) assert.strictEqual(languageOf(path), language, path)
  }
})

it("has no name for other files", () => {
  for (
    const path of ["README", "a.unknown", "go", "py/README", "x.py/file", "a.", ".ts.bak", "constructor", "a.__proto__"]
  ) {
    assert.isUndefined(languageOf(path), path)
  }
})

it("lists each language of the files once, in order", () => {
  assert.deepStrictEqual(languagesOf(["b.ts", "a.py", "c.ts", "README"]), ["python", "typescript"])
  assert.deepStrictEqual(languagesOf([]), [])
})
