import { createHash } from "node:crypto";

/** Element types, by their number in ONNX's TensorProto. */
export const elementTypes = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11, uint32: 12 } as const;
export type ElementType = keyof typeof elementTypes;

export type Attribute =
  | { int: number }
  | { float: number }
  | { text: string }
  | { ints: readonly number[] }
  | { graph: Graph };

/** Operators outside the ONNX standard, which ONNX Runtime has. */
export type Domain = "" | "com.microsoft" | "com.microsoft.nchwc";

export interface Node {
  op: string;
  domain: Domain;
  /** Names of values; an empty name is an optional input left out. */
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}

/** A dimension is a size, or a name for one that varies from run to run. */
export type Dimension = number | string;

export interface Port {
  name: string;
  type: ElementType;
  shape: readonly Dimension[];
}

export interface Constant {
  name: string;
  type: ElementType;
  shape: readonly number[];
  /** Little-endian, row-major. */
  bytes: Uint8Array;
}

let graphs = 0;

/**
 * An ONNX graph under construction. Equal nodes and equal constants are made once; what no output needs is left out when
 * it is encoded. Names are unique across graphs, so that a body may use the values of the graph around it.
 */
export class Graph {
  readonly inputs: Port[] = [];
  readonly outputs: Port[] = [];
  /** Channels in a block of ONNX Runtime's internal image layout; 0 when that layout is not to be used. */
  readonly block: number;
  private readonly nodes: Node[] = [];
  private readonly producers = new Map<string, Node>();
  private readonly madeBefore = new Map<string, Node>();
  private readonly constants = new Map<string, Constant>();
  private readonly prefix = `g${graphs++}_`;
  private names = 0;

  constructor({ block = 0 }: { block?: number } = {}) {
    this.block = block;
  }

  input(type: ElementType, shape: readonly Dimension[], name = this.fresh("in")): string {
    this.inputs.push({ name, type, shape });
    return name;
  }

  /** Makes `value` an output. Outputs of a graph need names of their own: the same value twice gets a copy. */
  output(value: string, type: ElementType, shape: readonly Dimension[]): string {
    const taken = this.outputs.some(({ name }) => name === value) || !this.producers.has(value);
    const name = taken ? this.copy(value) : value;
    this.outputs.push({ name, type, shape });
    return name;
  }

  /** Adds a node with one output, and names it. */
  op(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Domain = "",
  ): string {
    return this.multi(op, 1, inputs, attributes, domain)[0] as string;
  }

  /** Adds a node with several outputs, and names them. */
  multi(
    op: string,
    outputs: number,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Domain = "",
  ): readonly string[] {
    const pure = !Object.values(attributes).some((attribute) => "graph" in attribute);
    const key = pure ? JSON.stringify([domain, op, outputs, inputs, attributes]) : "";
    const known = this.madeBefore.get(key);
    if (pure && known) return known.outputs;
    const names = Array.from({ length: outputs }, () => this.fresh(op));
    const node = { op, domain, inputs, outputs: names, attributes };
    this.nodes.push(node);
    for (const name of names) this.producers.set(name, node);
    if (pure) this.madeBefore.set(key, node);
    return names;
  }

  /** The node that makes a value; undefined for inputs, constants and values of the graph around this one. */
  producer(value: string): Node | undefined {
    return this.producers.get(value);
  }

  constant(type: ElementType, shape: readonly number[], values: ArrayLike<number> | ArrayLike<bigint>): string {
    const bytes = bytesOf(type, values);
    const key = `${type}[${shape}]${createHash("sha256").update(bytes).digest("base64")}`;
    const known = this.constants.get(key);
    if (known) return known.name;
    const name = this.fresh("const");
    this.constants.set(key, { name, type, shape, bytes });
    return name;
  }

  /** An int64 vector, as axes, shapes and repeats are given. */
  ints(values: readonly number[]): string {
    return this.constant("int64", [values.length], values);
  }

  float(value: number): string {
    return this.constant("float32", [], [value]);
  }

  int(value: number): string {
    return this.constant("int32", [], [value]);
  }

  /** What the outputs need, in an order in which it can be computed. */
  needed(): { nodes: readonly Node[]; constants: readonly Constant[] } {
    const wanted = new Set(this.outputs.map(({ name }) => name));
    const nodes: Node[] = [];
    for (const node of this.nodes.toReversed()) {
      if (!node.outputs.some((name) => wanted.has(name))) continue;
      nodes.push(node);
      for (const name of node.inputs) wanted.add(name);
      for (const attribute of Object.values(node.attributes)) {
        if ("graph" in attribute) for (const name of attribute.graph.captured()) wanted.add(name);
      }
    }
    return {
      nodes: nodes.toReversed(),
      constants: [...this.constants.values()].filter(({ name }) => wanted.has(name)),
    };
  }

  /** Names that this graph, as a body, takes from the graph around it. */
  private captured(): string[] {
    const { nodes, constants } = this.needed();
    const own = new Set([...this.inputs, ...constants].map(({ name }) => name));
    for (const { outputs } of nodes) for (const name of outputs) own.add(name);
    return nodes.flatMap(({ inputs }) => inputs.filter((name) => name !== "" && !own.has(name)));
  }

  private copy(value: string): string {
    const name = this.fresh("out");
    const node: Node = { op: "Identity", domain: "", inputs: [value], outputs: [name], attributes: {} };
    this.nodes.push(node);
    this.producers.set(name, node);
    return name;
  }

  private fresh(hint: string): string {
    return `${this.prefix}${hint}${this.names++}`;
  }
}

function bytesOf(type: ElementType, values: ArrayLike<number> | ArrayLike<bigint>): Uint8Array {
  const array = typedArrayOf(type, values);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function typedArrayOf(type: ElementType, values: ArrayLike<number> | ArrayLike<bigint>) {
  switch (type) {
    case "float32":
      return Float32Array.from(values as ArrayLike<number>);
    case "float64":
      return Float64Array.from(values as ArrayLike<number>);
    case "int32":
      return Int32Array.from(values as ArrayLike<number>);
    case "int64":
      return BigInt64Array.from(values as ArrayLike<number>, BigInt);
    case "uint32":
      return Uint32Array.from(values as ArrayLike<number>);
    case "bool":
      return Uint8Array.from(values as ArrayLike<number>);
  }
}
