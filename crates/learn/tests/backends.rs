//! One suite for every back end: a network is what its formula says, its gradient is the slope of its results, and no
//! row knows its neighbours.
//!
//! A back end is added by adding it to [`all`]. The oracle is written in plain loops in `f64`.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use lunar_habitat_learn::{
    Activation, BLOCK, Backend, Cpu, Head, Level, Network, Prepared, Shape, Tape, padded,
};

fn all() -> Vec<Box<dyn Backend>> {
    Level::ALL
        .into_iter()
        .filter_map(|level| match Cpu::at(level) {
            Some(cpu) => Some(Box::new(cpu) as Box<dyn Backend>),
            None => {
                eprintln!("skipped: this machine has no {level}");
                None
            }
        })
        .collect()
}

fn shapes() -> Vec<Shape> {
    let base = Shape {
        observations: 11,
        hidden: vec![20, 33],
        activation: Activation::Tanh,
        is_shared: false,
        head: Head::Clipped,
        outputs: 5,
        values: 3,
    };
    vec![
        Shape { is_shared: true, ..base.clone() },
        Shape { activation: Activation::Silu, hidden: vec![16], ..base.clone() },
        Shape { activation: Activation::Silu, is_shared: true, ..base.clone() },
        Shape {
            activation: Activation::Relu,
            head: Head::Categorical,
            outputs: 17,
            ..base.clone()
        },
        Shape { hidden: vec![], values: 1, ..base.clone() },
        Shape { hidden: vec![], is_shared: true, ..base.clone() },
        Shape { hidden: vec![64, 64, 64, 17], is_shared: true, ..base.clone() },
        Shape { observations: 48, hidden: vec![64, 64], outputs: 16, values: 1, ..base.clone() },
        base,
    ]
}

/// Numbers that look drawn, from −1 to 1.
fn numbers(count: usize, salt: u64) -> Vec<f32> {
    (0..count as u64)
        .map(|i| {
            let mut z = (i ^ salt << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            ((z >> 40) as f32) / (1 << 23) as f32 - 1.0
        })
        .collect()
}

/// Outputs and values by the formula; `parameters` in the documented order.
fn oracle(shape: &Shape, parameters: &[f32], x: &[f32]) -> (Vec<f64>, Vec<f64>) {
    let mut at = 0;
    let mut layer = |x: &[f64], stored: usize, real: usize, activation: Option<Activation>| {
        let width = padded(real);
        let (weights, bias) = (at, at + stored * width);
        at = bias + width;
        (0..real)
            .map(|o| {
                let terms = x.iter().enumerate();
                let sum: f64 =
                    terms.map(|(i, x)| x * f64::from(parameters[weights + i * width + o])).sum();
                let sum = sum + f64::from(parameters[bias + o]);
                match activation {
                    None => sum,
                    Some(Activation::Tanh) => sum.tanh(),
                    Some(Activation::Relu) => sum.max(0.0),
                    Some(Activation::Silu) => sum / (1.0 + (-sum).exp()),
                }
            })
            .collect::<Vec<f64>>()
    };
    let seen: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
    type Apply<'a> = &'a mut dyn FnMut(&[f64], usize, usize, Option<Activation>) -> Vec<f64>;
    let hidden = |layer: Apply<'_>| {
        let (mut x, mut stored) = (seen.clone(), shape.observations);
        for width in &shape.hidden {
            x = layer(&x, stored, *width, Some(shape.activation));
            stored = padded(*width);
        }
        (x, stored)
    };
    if shape.is_shared {
        let (x, stored) = hidden(&mut layer);
        let outputs = layer(&x, stored, shape.outputs, None);
        return (outputs, layer(&x, stored, shape.values, None));
    }
    let (x, stored) = hidden(&mut layer);
    let outputs = layer(&x, stored, shape.outputs, None);
    let (x, stored) = hidden(&mut layer);
    (outputs, layer(&x, stored, shape.values, None))
}

/// A network with weights of a size at which activations bend, and zeros where rows are filled up.
fn network(shape: &Shape) -> (Network, Vec<f32>) {
    let network = Network::new(shape.clone()).unwrap();
    let mut parameters = network.initial(7, -0.5);
    let noise = numbers(parameters.len(), 3);
    for (parameter, noise) in parameters.iter_mut().zip(noise) {
        if *parameter != 0.0 {
            *parameter += 0.3 * noise;
        }
    }
    (network, parameters)
}

#[test]
fn results_are_those_of_the_formula() {
    for backend in all() {
        for shape in shapes() {
            let (network, parameters) = network(&shape);
            let mut prepared = Prepared::default();
            backend.prepare(&network, &parameters, &mut prepared);
            let mut tape = Tape::new(&network);
            for rows in [1, 5, 6, 13, BLOCK] {
                let x = numbers(rows * shape.observations, rows as u64);
                backend.forward(&network, &prepared, &x, rows, &mut tape);
                let (outputs_row, values_row) = tape.widths();
                for r in 0..rows {
                    let own = &x[r * shape.observations..(r + 1) * shape.observations];
                    let (outputs, values) = oracle(&shape, &parameters, own);
                    let pairs = outputs
                        .iter()
                        .zip(&tape.outputs()[r * outputs_row..])
                        .chain(values.iter().zip(&tape.values()[r * values_row..]));
                    for (expected, found) in pairs {
                        let off = (expected - f64::from(*found)).abs();
                        assert!(
                            off < 2e-5,
                            "{} {shape:?}: {found}, not {expected}",
                            backend.name()
                        );
                    }
                    let filled = tape.outputs()
                        [r * outputs_row + shape.outputs..(r + 1) * outputs_row]
                        .iter()
                        .chain(&tape.values()[r * values_row + shape.values..(r + 1) * values_row]);
                    assert!(filled.clone().all(|x| *x == 0.0));
                }
            }
        }
    }
}

#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    for backend in all() {
        for shape in shapes() {
            let (network, parameters) = network(&shape);
            let rows = 7;
            let x = numbers(rows * shape.observations, 1);
            let (by_output, by_value) =
                (numbers(rows * shape.outputs, 2), numbers(rows * shape.values, 5));
            // Loss: the outputs and values, weighed.
            let loss = |parameters: &[f32]| {
                let mut sum = 0.0;
                for r in 0..rows {
                    let own = &x[r * shape.observations..(r + 1) * shape.observations];
                    let (outputs, values) = oracle(&shape, parameters, own);
                    let weighed = |results: &[f64], weights: &[f32]| -> f64 {
                        results.iter().zip(weights).map(|(x, w)| x * f64::from(*w)).sum()
                    };
                    sum += weighed(&outputs, &by_output[r * shape.outputs..]);
                    sum += weighed(&values, &by_value[r * shape.values..]);
                }
                sum
            };
            let mut prepared = Prepared::default();
            backend.prepare(&network, &parameters, &mut prepared);
            let mut tape = Tape::new(&network);
            let mut gradient = vec![0.0; network.count()];
            // Twice: it adds up, and the tape is as good as new after a pass.
            for _ in 0..2 {
                backend.forward(&network, &prepared, &x, rows, &mut tape);
                let (outputs_row, values_row) = tape.widths();
                let (outputs, values) = tape.slopes();
                outputs.fill(0.0);
                values.fill(0.0);
                for r in 0..rows {
                    outputs[r * outputs_row..][..shape.outputs]
                        .copy_from_slice(&by_output[r * shape.outputs..][..shape.outputs]);
                    values[r * values_row..][..shape.values]
                        .copy_from_slice(&by_value[r * shape.values..][..shape.values]);
                }
                backend.backward(&network, &prepared, &x, rows, &mut tape, &mut gradient);
            }
            let log_std = network.log_std(&parameters).len();
            let mut checked = 0;
            for at in (0..network.count() - padded(log_std) * usize::from(log_std > 0)).step_by(7) {
                let step = 1e-3;
                let (mut up, mut down) = (parameters.clone(), parameters.clone());
                up[at] += step;
                down[at] -= step;
                let width = f64::from(up[at]) - f64::from(down[at]);
                let expected = 2.0 * (loss(&up) - loss(&down)) / width;
                let found = f64::from(gradient[at]);
                // A ReLU that turns within the step has no slope there.
                if shape.activation == Activation::Relu {
                    let half = (loss(&up) - loss(&parameters)) / f64::from(step);
                    if (2.0 * half - expected).abs() > 1e-3 {
                        continue;
                    }
                }
                let off = (expected - found).abs();
                assert!(
                    off < 2e-3 * expected.abs().max(0.5),
                    "{} {shape:?} parameter {at}: {found}, not {expected}",
                    backend.name()
                );
                checked += 1;
            }
            assert!(checked > 20, "{shape:?}: {checked}");
        }
    }
}

#[test]
fn a_row_does_not_depend_on_its_neighbours() {
    for backend in all() {
        for shape in shapes() {
            let (network, parameters) = network(&shape);
            let mut prepared = Prepared::default();
            backend.prepare(&network, &parameters, &mut prepared);
            let mut tape = Tape::new(&network);
            let x = numbers(BLOCK * shape.observations, 9);
            backend.forward(&network, &prepared, &x, BLOCK, &mut tape);
            let (outputs_row, values_row) = tape.widths();
            let (outputs, values) = (tape.outputs().to_vec(), tape.values().to_vec());
            for r in [0, 4, 5, 50, BLOCK - 1] {
                let own = &x[r * shape.observations..(r + 1) * shape.observations];
                backend.forward(&network, &prepared, own, 1, &mut tape);
                assert_eq!(
                    tape.outputs()[..outputs_row],
                    outputs[r * outputs_row..][..outputs_row]
                );
                assert_eq!(tape.values()[..values_row], values[r * values_row..][..values_row]);
            }
        }
    }
}

#[test]
fn first_weights_are_orthonormal_times_their_gain() {
    let shape = Shape {
        observations: 48,
        hidden: vec![64],
        activation: Activation::Tanh,
        is_shared: false,
        head: Head::Clipped,
        outputs: 4,
        values: 1,
    };
    let network = Network::new(shape).unwrap();
    let parameters = network.initial(1, -1.0);
    // 48 inputs of 64 outputs: rows are orthogonal, of length √2.
    for i in 0..48 {
        for j in 0..48 {
            let row = |i: usize| &parameters[i * 64..(i + 1) * 64];
            let dot: f32 = row(i).iter().zip(row(j)).map(|(a, b)| a * b).sum();
            let expected = if i == j { 2.0 } else { 0.0 };
            assert!((dot - expected).abs() < 1e-5, "{i} {j}: {dot}");
        }
    }
    assert_eq!(network.log_std(&parameters), [-1.0; 4]);
    assert_ne!(parameters, network.initial(2, -1.0));
    assert_eq!(parameters, network.initial(1, -1.0));
}
