//! A policy as an ONNX file: what it does with an observation, for any runtime.
//!
//! ```text
//! observation [N, n] ─ normaliser ─► Gemm ─► activation ─► … ─► Gemm ─► clip or tanh ─► action [N, m]
//! ```
//! Operators of opset 17, all numbers `f32`. Of choices the output is the logits. The file is a protocol buffer
//! (`onnx.proto3`); its few messages are written here, since they are five kinds of field.

use std::path::Path;

use crate::LearnError;
use crate::file;
use crate::network::{Activation, Head};
use crate::normaliser::FURTHEST;
use crate::policy::Policy;

/// Version of the operators.
const OPSET: u64 = 17;
/// Version of the file format: that of ONNX 1.12 and later.
const IR: u64 = 8;
/// `TensorProto.FLOAT`.
const FLOAT: u64 = 1;

/// A message under way.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(mut self, field: u64, value: u64) -> Message {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Message {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn text(self, field: u64, text: &str) -> Message {
        self.bytes(field, text.as_bytes())
    }

    fn message(self, field: u64, message: &Message) -> Message {
        self.bytes(field, &message.0)
    }
}

/// Nodes and constants of a graph.
#[derive(Default)]
struct Graph {
    nodes: Vec<Message>,
    constants: Vec<Message>,
    last: String,
}

impl Graph {
    fn constant(&mut self, name: &str, sizes: &[usize], numbers: impl Iterator<Item = f32>) {
        let raw: Vec<u8> = numbers.flat_map(f32::to_le_bytes).collect();
        let mut tensor = Message::default();
        for size in sizes {
            tensor = tensor.number(1, *size as u64);
        }
        self.constants.push(tensor.number(2, FLOAT).text(8, name).bytes(9, &raw));
    }

    /// A node on the last result and `others`; its result is the last one then.
    fn node(&mut self, operator: &str, others: &[&str]) {
        let result = format!("{}_{}", operator.to_lowercase(), self.nodes.len());
        let mut node = Message::default().text(1, &self.last);
        for other in others {
            node = node.text(1, other);
        }
        let node = node.text(2, &result).text(3, &result).text(4, operator);
        self.nodes.push(node);
        self.last = result;
    }
}

fn value(name: &str, width: usize) -> Message {
    let rows = Message::default().text(2, "N");
    let columns = Message::default().number(1, width as u64);
    let shape = Message::default().message(1, &rows).message(1, &columns);
    let tensor = Message::default().number(1, FLOAT).message(2, &shape);
    let kind = Message::default().message(1, &tensor);
    Message::default().text(1, name).message(2, &kind)
}

impl Policy {
    /// The policy as the bytes of an ONNX file, actions from −1 to 1.
    #[must_use]
    pub fn to_onnx(&self) -> Vec<u8> {
        self.to_onnx_within(&[], &[])
    }

    /// As [`Policy::to_onnx`], with actions from `low` to `high`, by number of the action; for choices, and where both are
    /// empty, nothing is added.
    #[must_use]
    pub fn to_onnx_within(&self, low: &[f32], high: &[f32]) -> Vec<u8> {
        let network = self.network();
        let shape = network.shape();
        let parameters = self.parameters();
        let mut graph = Graph { last: "observation".to_owned(), ..Graph::default() };
        let (mean, inverse) = self.normaliser().parts();
        if !mean.is_empty() {
            graph.constant("mean", &[mean.len()], mean.iter().copied());
            graph.constant("inverse", &[inverse.len()], inverse.iter().copied());
            graph.constant("normal_low", &[], std::iter::once(-FURTHEST));
            graph.constant("normal_high", &[], std::iter::once(FURTHEST));
            graph.node("Sub", &["mean"]);
            graph.node("Mul", &["inverse"]);
            graph.node("Clip", &["normal_low", "normal_high"]);
        }
        for (index, layer) in network.layers[..network.trunk + network.actor].iter().enumerate() {
            let (weight, bias) = (format!("weight_{index}"), format!("bias_{index}"));
            let numbers = (0..layer.real_inputs).flat_map(|i| {
                let row = layer.weights + i * layer.outputs;
                parameters[row..row + layer.real].iter().copied()
            });
            graph.constant(&weight, &[layer.real_inputs, layer.real], numbers);
            let numbers = parameters[layer.bias..layer.bias + layer.real].iter().copied();
            graph.constant(&bias, &[layer.real], numbers);
            graph.node("Gemm", &[&weight, &bias]);
            match layer.activation {
                None => {}
                Some(Activation::Tanh) => graph.node("Tanh", &[]),
                Some(Activation::Relu) => graph.node("Relu", &[]),
                Some(Activation::Silu) => {
                    let sum = graph.last.clone();
                    graph.node("Sigmoid", &[]);
                    graph.node("Mul", &[&sum]);
                }
            }
        }
        match shape.head {
            Head::Clipped => {
                graph.constant("low", &[], std::iter::once(-1.0));
                graph.constant("high", &[], std::iter::once(1.0));
                graph.node("Clip", &["low", "high"]);
            }
            Head::Squashed => graph.node("Tanh", &[]),
            Head::Categorical => {}
        }
        if shape.head.is_gaussian() && low.len() == shape.outputs && high.len() == shape.outputs {
            let ends = || low.iter().zip(high);
            graph.constant("half", &[low.len()], ends().map(|(low, high)| 0.5 * (high - low)));
            graph.constant("middle", &[low.len()], ends().map(|(low, high)| 0.5 * (high + low)));
            graph.node("Mul", &["half"]);
            graph.node("Add", &["middle"]);
        }
        let output = if shape.head.is_gaussian() { "action" } else { "logits" };
        let last = std::mem::replace(&mut graph.last, output.to_owned());
        graph.nodes.push(
            Message::default().text(1, &last).text(2, output).text(3, output).text(4, "Identity"),
        );
        let mut message = Message::default();
        for node in &graph.nodes {
            message = message.message(1, node);
        }
        message = message.text(2, "policy");
        for constant in &graph.constants {
            message = message.message(5, constant);
        }
        message = message
            .message(11, &value("observation", shape.observations))
            .message(12, &value(output, shape.outputs));
        let mut model = Message::default()
            .number(1, IR)
            .text(2, "lunar-habitat")
            .message(7, &message)
            .message(8, &Message::default().text(1, "").number(2, OPSET));
        for (key, fact) in &self.facts {
            model = model.message(14, &Message::default().text(1, key).text(2, fact));
        }
        model.0
    }

    /// Write it as an ONNX file, whole or not at all.
    ///
    /// # Errors
    /// [`LearnError::File`].
    pub fn write_onnx(&self, path: &Path) -> Result<(), LearnError> {
        file::write(path, &self.to_onnx())
    }
}
