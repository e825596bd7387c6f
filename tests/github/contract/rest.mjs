// REST: each operation is cut out of GitHub's document when it is first met, because the whole takes a gigabyte to prepare.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

// What GitHub answers to anything, whether an operation's description says so or not.
const ANYWHERE = [301, 304, 307, 400, 401, 403, 404, 410, 415, 422, 429];
// Parameters that may hold slashes.
const WITH_SLASHES = new Set(["ref", "path"]);
// Where GitHub is known to answer otherwise than it says.
const KNOWN = [
  // A fork that is gone leaves its pull requests without a repository.
  /^body(\.\d+)?\.head\.repo: .* must be object$/,
  // An issue without a text is found with none.
  /^body\.items\.\d+\.body: .* must be string$/,
];

export class Rest {
  #document;
  #prism;
  #routes;
  #operations = new Map();

  constructor(modules) {
    const require = createRequire(join(modules, "index.js"));
    this.load = () => {
      this.#document ??= JSON.parse(readFileSync(join(modules, "@octokit/openapi/generated/api.github.com.json"), "utf8"));
      this.#prism ??= { ...require("@stoplight/prism-http"), ...require("@stoplight/prism-http/dist/validator") };
      this.#routes ??= Object.keys(this.#document.paths).map(route).sort((a, b) => a.rank - b.rank);
    };
  }

  /** Everything that is wrong with an exchange. */
  async check(exchange) {
    this.load();
    // The address in GitHub's own links is that of a repository by id, which isn't in its description.
    const path = exchange.path.replace(/^\/repositories\/\d+/, "/repos/owner/name");
    const found = this.#routes.find((route) => route.pattern.test(path) && this.#document.paths[route.template][exchange.method.toLowerCase()]);
    if (!found) {
      return exchange.status === 404 && !exchange.ours ? [] : ["GitHub's description has no such operation"];
    }
    const operation = await this.#operation(found.template, exchange.method.toLowerCase());
    const asked = this.#asked(operation, found, path, exchange);
    const problems = exchange.ours || exchange.status < 400 ? asked : [];
    return [...problems, ...this.#answered(operation, exchange)];
  }

  #asked(operation, found, path, exchange) {
    const query = {};
    for (const [name, value] of exchange.query) {
      query[name] = value;
    }
    const headers = { "content-length": String(Buffer.byteLength(exchange.request)) };
    if (exchange.content_type) headers["content-type"] = exchange.content_type;
    if (exchange.accept) headers.accept = exchange.accept;
    let body;
    try {
      body = exchange.request === "" ? undefined : JSON.parse(exchange.request);
    } catch {
      return ["the request's body is no JSON"];
    }
    const one = path.split("/").slice(0, found.template.split("/").length - 1);
    const rest = path.split("/").slice(one.length).map(encodeURIComponent).join("%2F");
    const element = { method: exchange.method.toLowerCase(), url: { path: [...one, rest].join("/"), query }, headers, body };
    const problems = told("request", this.#prism.validateInput({ resource: operation.described, element }));
    const known = new Set(operation.raw.parameters?.filter((parameter) => parameter.in === "query").map((parameter) => parameter.name));
    for (const name of Object.keys(query)) {
      if (!known.has(name)) problems.push(`the request's query has ${name}, which GitHub's description doesn't know`);
    }
    const schema = operation.raw.requestBody?.content?.["application/json"]?.schema;
    return problems.concat(unknown("request", schema, body));
  }

  #answered(operation, exchange) {
    if (exchange.answer === undefined) return [];
    const described = operation.raw.responses[exchange.status];
    if (!described) {
      if (!ANYWHERE.includes(exchange.status) && exchange.status < 500) {
        return [`GitHub's description has no answer ${exchange.status}, only ${Object.keys(operation.raw.responses)}`];
      }
      const { message, documentation_url } = exchange.answer ?? {};
      const good = exchange.status === 304 || (typeof message === "string" && typeof documentation_url === "string");
      return good ? [] : ["the answer isn't in the form of GitHub's errors"];
    }
    const content = described.content?.["application/json"];
    if (!content) {
      return exchange.answer === null || exchange.status >= 400 ? [] : ["the answer has a body, and GitHub's has none"];
    }
    const headers = { "content-type": "application/json; charset=utf-8" };
    const element = { statusCode: exchange.status, headers, body: exchange.answer };
    const problems = told("answer", this.#prism.validateOutput({ resource: operation.described, element }));
    // Errors do have a status, which the description of some leaves out.
    return exchange.status >= 400 ? problems : problems.concat(unknown("answer", content.schema, exchange.answer));
  }

  async #operation(template, method) {
    const key = `${method} ${template}`;
    if (!this.#operations.has(key)) {
      const cut = this.#cut(template, method);
      const [described] = await this.#prism.getHttpOperationsFromSpec(cut);
      // The library has put what was referred to in its place.
      this.#operations.set(key, { described, raw: cut.paths[template][method] });
    }
    return this.#operations.get(key);
  }

  /** A document with one operation and what it refers to. */
  #cut(template, method) {
    const cut = { openapi: "3.1.0", info: { title: "GitHub", version: "1" }, paths: {}, components: {} };
    const take = (node) => {
      if (Array.isArray(node)) return node.map(take);
      if (node === null || typeof node !== "object") return node;
      if (typeof node.$ref === "string") {
        const [, , kind, name] = node.$ref.split("/");
        cut.components[kind] ??= {};
        if (!(name in cut.components[kind])) {
          cut.components[kind][name] = {};
          cut.components[kind][name] = take(this.#document.components[kind][name]);
        }
        return { $ref: node.$ref };
      }
      const copy = {};
      for (const [name, value] of Object.entries(node)) {
        // Examples are half of the document, and GitHub says by links what it says by this header.
        if (name !== "examples" && name !== "example" && !(name === "headers" && value.Link)) copy[name] = take(value);
      }
      return withNull(copy);
    };
    cut.paths[template] = { [method]: take(this.#document.paths[template][method]) };
    return cut;
  }
}

/** OpenAPI's `nullable` in the words of JSON Schema: else Prism leaves the whole body unchecked. */
function withNull(schema) {
  if (schema.nullable !== true) return schema;
  const { nullable, ...rest } = schema;
  if (typeof rest.type === "string") {
    rest.type = [rest.type, "null"];
    if (rest.enum && !rest.enum.includes(null)) rest.enum = [...rest.enum, null];
    return rest;
  }
  return rest.anyOf || rest.oneOf || rest.allOf || rest.enum ? { anyOf: [rest, { type: "null" }] } : rest;
}

function route(template) {
  const pieces = template.split("/").map((piece) =>
    piece.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, (_, name) => (WITH_SLASHES.has(name) ? ".+" : "[^/]+")),
  );
  // Words go before parameters, parameters before those that take everything.
  const rank = (template.match(/\{/g) ?? []).length + (pieces.includes(".+") ? 100 : 0);
  return { template, rank, pattern: new RegExp(`^${pieces.join("/")}$`) };
}

function told(where, result) {
  const problems = result._tag === "Left" ? result.left : [];
  const all = problems.map((problem) => `${(problem.path ?? []).join(".")}: ${problem.message}`);
  return all.filter((text) => !KNOWN.some((known) => known.test(text))).map((text) => `the ${where}'s ${text}`.replace("'s : ", ": "));
}

/** Fields that a description doesn't know, as far as it lists fields: nobody may send them or rely on them. */
function unknown(where, schema, value, path = "") {
  if (!schema || value === null || typeof value !== "object") return [];
  if (Array.isArray(value)) {
    const items = parts(schema).map((part) => part.items).filter(Boolean);
    return items.length === 0 ? [] : value.flatMap((item, at) => unknown(where, { anyOf: items }, item, `${path}[${at}]`));
  }
  const all = parts(schema);
  const named = all.filter((part) => part.properties);
  if (named.length === 0 || all.some((part) => part.additionalProperties && part.additionalProperties !== false)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const found = named.map((part) => part.properties[name]).filter(Boolean);
    if (found.length === 0) return [`the ${where} has ${path}${name}, which GitHub's description doesn't know`];
    return unknown(where, { anyOf: found }, inner, `${path}${name}.`);
  });
}

/** A schema and everything that it is made of or may be. */
function parts(schema) {
  return [schema, ...["allOf", "anyOf", "oneOf"].flatMap((kind) => (schema[kind] ?? []).flatMap(parts))];
}
