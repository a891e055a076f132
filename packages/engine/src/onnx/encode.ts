import { type Attribute, type Constant, elementTypes, type Graph, type Node, type Port } from "./graph.ts";
import { Message } from "./protobuf.ts";

/** The versions that the kernels are written against: opset 18 has BitwiseXor and axes as inputs of every reduction. */
const OPSET = 18;
const IR_VERSION = 9;

/** A whole model, as onnx.proto (ModelProto) defines it. Field numbers below are those of that file. */
export function encodeModel(graph: Graph): Uint8Array {
  const model = new Message().int(1, IR_VERSION).text(2, "shadowfarm").message(7, graphProto(graph));
  model.message(8, operatorSet("", OPSET));
  model.message(8, operatorSet("com.microsoft", 1));
  model.message(8, operatorSet("com.microsoft.nchwc", 1));
  return model.finish();
}

function operatorSet(domain: string, version: number): Message {
  return new Message().text(1, domain).int(2, version);
}

function graphProto(graph: Graph): Message {
  const message = new Message();
  const { nodes, constants } = graph.needed();
  for (const node of nodes) message.message(1, nodeProto(node));
  message.text(2, "graph");
  for (const constant of constants) message.message(5, tensorProto(constant));
  for (const port of graph.inputs) message.message(11, valueInfo(port));
  for (const port of graph.outputs) message.message(12, valueInfo(port));
  return message;
}

function nodeProto({ op, domain, inputs, outputs, attributes }: Node): Message {
  const message = new Message();
  for (const name of inputs) message.text(1, name);
  for (const name of outputs) message.text(2, name);
  message.text(4, op);
  for (const [name, attribute] of Object.entries(attributes)) message.message(5, attributeProto(name, attribute));
  return message.text(7, domain);
}

function attributeProto(name: string, attribute: Attribute): Message {
  const message = new Message().text(1, name);
  if ("float" in attribute) return message.float(2, attribute.float).int(20, 1);
  if ("int" in attribute) return message.int(3, attribute.int).int(20, 2);
  if ("text" in attribute) return message.text(4, attribute.text).int(20, 3);
  if ("graph" in attribute) return message.message(6, graphProto(attribute.graph)).int(20, 5);
  for (const value of attribute.ints) message.int(8, value);
  return message.int(20, 7);
}

function tensorProto({ name, type, shape, bytes }: Constant): Message {
  return new Message().ints(1, shape).int(2, elementTypes[type]).text(8, name).bytes(9, bytes);
}

function valueInfo({ name, type, shape }: Port): Message {
  const dimensions = new Message();
  for (const size of shape) {
    dimensions.message(1, typeof size === "number" ? new Message().int(1, size) : new Message().text(2, size));
  }
  const tensor = new Message().int(1, elementTypes[type]).message(2, dimensions);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}
