// GraphQL: questions by the schema's own rules, answers by walking the question over them.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

export class Graph {
  constructor(modules) {
    const require = createRequire(join(modules, "index.js"));
    this.load = () => {
      this.library ??= require("graphql");
      this.schema ??= this.library.buildSchema(readFileSync(join(modules, "@octokit/graphql-schema/schema.graphql"), "utf8"), { assumeValid: true });
    };
  }

  /** Everything that is wrong with an exchange. */
  check(exchange) {
    this.load();
    const { ours, answer } = exchange;
    const wrong = this.#asked(exchange);
    // What a test asks wrongly on purpose must only be refused.
    if (wrong.length > 0) return ours || (answer !== undefined && !answer.errors) ? wrong : [];
    if (answer === undefined || exchange.status !== 200) return [];
    const problems = (answer.errors ?? []).filter((error) => typeof error.message !== "string").map(() => "an error has no message");
    if (answer.data === undefined || answer.data === null) return answer.errors ? problems : [...problems, "the answer has neither data nor errors"];
    const { query } = JSON.parse(exchange.request);
    const document = this.library.parse(query);
    const operation = document.definitions.find((part) => part.kind === "OperationDefinition");
    const fragments = new Map(document.definitions.filter((part) => part.kind === "FragmentDefinition").map((part) => [part.name.value, part]));
    const root = operation.operation === "mutation" ? this.schema.getMutationType() : this.schema.getQueryType();
    const failed = new Set((answer.errors ?? []).map((error) => (error.path ?? []).join(".")));
    return [...problems, ...this.#object(root, [operation.selectionSet], fragments, answer.data, [], failed)];
  }

  #asked(exchange) {
    const { parse, validate, getVariableValues } = { ...this.library, getVariableValues: this.library.getVariableValues };
    let request;
    try {
      request = JSON.parse(exchange.request);
      const document = parse(request.query);
      const errors = validate(this.schema, document);
      if (errors.length > 0) return errors.map((error) => error.message);
      const operation = document.definitions.find((part) => part.kind === "OperationDefinition");
      const values = getVariableValues(this.schema, operation.variableDefinitions ?? [], request.variables ?? {});
      return (values.errors ?? []).map((error) => error.message);
    } catch (error) {
      return [error.message];
    }
  }

  #object(type, sets, fragments, value, path, failed) {
    const fields = new Map();
    const collect = (set) => {
      for (const part of set.selections) {
        if (part.kind === "Field") {
          const name = part.alias?.value ?? part.name.value;
          fields.set(name, { name: part.name.value, sets: [...(fields.get(name)?.sets ?? []), ...(part.selectionSet ? [part.selectionSet] : [])] });
          continue;
        }
        const fragment = part.kind === "FragmentSpread" ? fragments.get(part.name.value) : part;
        const on = fragment.typeCondition ? this.schema.getType(fragment.typeCondition.name.value) : type;
        if (on === type || (this.library.isAbstractType(on) && this.schema.isSubType(on, type))) collect(fragment.selectionSet);
      }
    };
    sets.forEach(collect);
    const problems = [];
    for (const name of Object.keys(value)) {
      if (!fields.has(name)) problems.push(`the answer has ${[...path, name].join(".")}, which nobody asked for`);
    }
    for (const [alias, field] of fields) {
      const here = [...path, alias];
      if (field.name === "__typename") {
        if (value[alias] !== type.name) problems.push(`${here.join(".")} is ${value[alias]} and not ${type.name}`);
        continue;
      }
      if (!(alias in value)) {
        problems.push(`the answer lacks ${here.join(".")}`);
        continue;
      }
      problems.push(...this.#value(type.getFields()[field.name].type, field.sets, fragments, value[alias], here, failed));
    }
    return problems;
  }

  #value(type, sets, fragments, value, path, failed) {
    const place = path.join(".");
    if (this.library.isNonNullType(type)) {
      return value === null && !failed.has(place) ? [`${place} is null and must not be`] : this.#value(type.ofType, sets, fragments, value, path, failed);
    }
    if (value === null) return [];
    if (this.library.isListType(type)) {
      if (!Array.isArray(value)) return [`${place} is no list`];
      return value.flatMap((item, at) => this.#value(type.ofType, sets, fragments, item, [...path, at], failed));
    }
    if (this.library.isLeafType(type)) return this.#leaf(type, value, place);
    if (typeof value !== "object" || Array.isArray(value)) return [`${place} is no ${type.name}`];
    const actual = this.#actual(type, sets, fragments, value);
    return actual ? this.#object(actual, sets, fragments, value, path, failed) : [];
  }

  #leaf(type, value, place) {
    try {
      // Moments and addresses are scalars that the schema only names.
      if (type.name === "DateTime" && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) return [`${place} is no moment: ${value}`];
      if (type.name === "BigInt" && !/^\d+$/.test(value)) return [`${place} is no number as a text: ${value}`];
      if (type.name === "URI" && !URL.canParse(value)) return [`${place} is no address: ${value}`];
      type.serialize(value);
      return type.name === "String" && typeof value !== "string" ? [`${place} is no text: ${JSON.stringify(value)}`] : [];
    } catch (error) {
      return [`${place}: ${error.message}`];
    }
  }

  /** Which object it is: the type itself, or what the answer says; else the one of the possible ones that fits. */
  #actual(type, sets, fragments, value) {
    if (!this.library.isAbstractType(type)) return type;
    const possible = this.schema.getPossibleTypes(type);
    if (typeof value.__typename === "string") return possible.find((one) => one.name === value.__typename);
    return possible.find((one) => this.#object(one, sets, fragments, value, [], new Set()).length === 0) ?? possible[0];
  }
}
