//! The loops in which the time goes: products of small matrices, activations, and what Adam does.
//!
//! All matrices are row after row. Rows of outputs are whole numbers of [`ROW`](crate::simd::ROW), so that no loop has a
//! remainder along them. Every entry of a product is one sum in the order of `k`, whatever tile it falls in: a
//! row of results does not depend on which other rows are computed with it.

use crate::simd::{Lanes, kernels};

/// A matrix of which scalars are read: entry (m, k) is at `m · row + k · column`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Left {
    pub(crate) at: *const f32,
    pub(crate) row: usize,
    pub(crate) column: usize,
}

/// What a product begins from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Begin {
    Zero,
    /// One row, for all rows.
    Bias(*const f32),
    /// What is there.
    There,
}

/// `M` rows and `N` vectors of `c = begin + a · b`.
#[inline(always)]
unsafe fn tile<V: Lanes, const M: usize, const N: usize>(
    k: usize,
    a: Left,
    b: *const f32,
    b_row: usize,
    c: *mut f32,
    c_row: usize,
    begin: Begin,
) {
    // SAFETY: pointers are good for the tile, as promised to [`product`].
    unsafe {
        let mut sum = [[V::splat(0.0); N]; M];
        match begin {
            Begin::Zero => {}
            Begin::Bias(bias) => {
                for n in 0..N {
                    let bias = V::load(bias.add(n * V::WIDTH));
                    for row in &mut sum {
                        row[n] = bias;
                    }
                }
            }
            Begin::There => {
                for (m, row) in sum.iter_mut().enumerate() {
                    for (n, entry) in row.iter_mut().enumerate() {
                        *entry = V::load(c.add(m * c_row + n * V::WIDTH));
                    }
                }
            }
        }
        for k in 0..k {
            let mut right = [V::splat(0.0); N];
            for (n, entry) in right.iter_mut().enumerate() {
                *entry = V::load(b.add(k * b_row + n * V::WIDTH));
            }
            for (m, row) in sum.iter_mut().enumerate() {
                let left = V::splat(*a.at.add(m * a.row + k * a.column));
                for (entry, right) in row.iter_mut().zip(&right) {
                    *entry = left.fma(*right, *entry);
                }
            }
        }
        for (m, row) in sum.iter().enumerate() {
            for (n, entry) in row.iter().enumerate() {
                entry.store(c.add(m * c_row + n * V::WIDTH));
            }
        }
    }
}

/// All rows of `N` vectors.
#[inline(always)]
unsafe fn rows<V: Lanes, const N: usize>(
    rows: usize,
    k: usize,
    a: Left,
    b: *const f32,
    b_row: usize,
    c: *mut f32,
    c_row: usize,
    begin: Begin,
) {
    // SAFETY: each tile lies within the matrices.
    unsafe {
        let mut m = 0;
        let left = |m: usize| Left { at: a.at.add(m * a.row), ..a };
        while m + 6 <= rows {
            tile::<V, 6, N>(k, left(m), b, b_row, c.add(m * c_row), c_row, begin);
            m += 6;
        }
        let (a, c) = (left(m), c.add(m * c_row));
        match rows - m {
            1 => tile::<V, 1, N>(k, a, b, b_row, c, c_row, begin),
            2 => tile::<V, 2, N>(k, a, b, b_row, c, c_row, begin),
            3 => tile::<V, 3, N>(k, a, b, b_row, c, c_row, begin),
            4 => tile::<V, 4, N>(k, a, b, b_row, c, c_row, begin),
            5 => tile::<V, 5, N>(k, a, b, b_row, c, c_row, begin),
            _ => {}
        }
    }
}

#[inline(always)]
unsafe fn product_of<V: Lanes>(
    m: usize,
    n: usize,
    k: usize,
    a: Left,
    b: *const f32,
    b_row: usize,
    c: *mut f32,
    c_row: usize,
    begin: Begin,
) {
    let vectors = n / V::WIDTH;
    let mut at = 0;
    // SAFETY: columns `at` to `at + width` lie within `b`, `c` and the bias.
    unsafe {
        while at < vectors {
            let first = at * V::WIDTH;
            let begin = match begin {
                Begin::Bias(bias) => Begin::Bias(bias.add(first)),
                other => other,
            };
            let (b, c) = (b.add(first), c.add(first));
            let left = vectors - at;
            if V::TILE >= 4 && left >= 4 {
                rows::<V, 4>(m, k, a, b, b_row, c, c_row, begin);
                at += 4;
            } else if V::TILE >= 2 && left >= 2 {
                rows::<V, 2>(m, k, a, b, b_row, c, c_row, begin);
                at += 2;
            } else {
                rows::<V, 1>(m, k, a, b, b_row, c, c_row, begin);
                at += 1;
            }
        }
    }
}

#[inline(always)]
unsafe fn tanh_of<V: Lanes>(x: *mut f32, count: usize) {
    // SAFETY: `count` is a whole number of vectors, all of them good.
    unsafe {
        for i in (0..count).step_by(V::WIDTH) {
            V::load(x.add(i)).tanh().store(x.add(i));
        }
    }
}

#[inline(always)]
unsafe fn relu_of<V: Lanes>(x: *mut f32, count: usize) {
    // SAFETY: as above.
    unsafe {
        for i in (0..count).step_by(V::WIDTH) {
            V::load(x.add(i)).max(V::splat(0.0)).store(x.add(i));
        }
    }
}

#[inline(always)]
unsafe fn silu_of<V: Lanes>(x: *mut f32, kept: *mut f32, count: usize) {
    // SAFETY: as above.
    unsafe {
        for i in (0..count).step_by(V::WIDTH) {
            let before = V::load(x.add(i));
            before.store(kept.add(i));
            before.mul(before.sigmoid()).store(x.add(i));
        }
    }
}

#[inline(always)]
unsafe fn tanh_back_of<V: Lanes>(y: *const f32, dy: *mut f32, count: usize) {
    // SAFETY: as above.
    unsafe {
        for i in (0..count).step_by(V::WIDTH) {
            let (y, d) = (V::load(y.add(i)), V::load(dy.add(i)));
            let slope = V::splat(1.0).sub(y.mul(y));
            d.mul(slope).store(dy.add(i));
        }
    }
}

#[inline(always)]
unsafe fn relu_back_of<V: Lanes>(y: *const f32, dy: *mut f32, count: usize) {
    // SAFETY: as above.
    unsafe {
        let zero = V::splat(0.0);
        for i in (0..count).step_by(V::WIDTH) {
            let d = V::load(dy.add(i));
            V::load(y.add(i)).pick_above(zero, d, zero).store(dy.add(i));
        }
    }
}

#[inline(always)]
unsafe fn silu_back_of<V: Lanes>(kept: *const f32, dy: *mut f32, count: usize) {
    // SAFETY: as above.
    unsafe {
        let one = V::splat(1.0);
        for i in (0..count).step_by(V::WIDTH) {
            let x = V::load(kept.add(i));
            let s = x.sigmoid();
            // (x·s)' = s·(1 + x·(1 − s))
            let slope = s.mul(x.fma(one.sub(s), one));
            V::load(dy.add(i)).mul(slope).store(dy.add(i));
        }
    }
}

#[inline(always)]
unsafe fn add_rows_of<V: Lanes>(
    x: *const f32,
    rows: usize,
    width: usize,
    row: usize,
    to: *mut f32,
) {
    // SAFETY: `rows` rows of `width` numbers are good.
    unsafe {
        for i in (0..width).step_by(V::WIDTH) {
            let mut sum = V::load(to.add(i));
            for r in 0..rows {
                sum = sum.add(V::load(x.add(r * row + i)));
            }
            sum.store(to.add(i));
        }
    }
}

#[inline(always)]
unsafe fn add_of<V: Lanes>(x: *const f32, to: *mut f32, count: usize) {
    // SAFETY: as above.
    unsafe {
        for i in (0..count).step_by(V::WIDTH) {
            V::load(to.add(i)).add(V::load(x.add(i))).store(to.add(i));
        }
    }
}

/// Numbers of one step of Adam.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AdamStep {
    /// Factor on the gradient: the clipping of its norm.
    pub(crate) scale: f32,
    pub(crate) beta1: f32,
    pub(crate) beta2: f32,
    /// Learning rate over the correction of the first moment.
    pub(crate) rate: f32,
    /// One over the square root of the correction of the second.
    pub(crate) root: f32,
    pub(crate) epsilon: f32,
}

#[inline(always)]
unsafe fn adam_of<V: Lanes>(
    step: AdamStep,
    gradient: *const f32,
    m: *mut f32,
    v: *mut f32,
    parameters: *mut f32,
    count: usize,
) {
    // SAFETY: as above.
    unsafe {
        let (beta1, beta2) = (V::splat(step.beta1), V::splat(step.beta2));
        let (rest1, rest2) = (V::splat(1.0 - step.beta1), V::splat(1.0 - step.beta2));
        let (scale, rate) = (V::splat(step.scale), V::splat(-step.rate));
        let (root, epsilon) = (V::splat(step.root), V::splat(step.epsilon));
        for i in (0..count).step_by(V::WIDTH) {
            let g = V::load(gradient.add(i)).mul(scale);
            let first = V::load(m.add(i)).mul(beta1).add(g.mul(rest1));
            let second = V::load(v.add(i)).mul(beta2).add(g.mul(g).mul(rest2));
            first.store(m.add(i));
            second.store(v.add(i));
            let spread = root.fma(second.sqrt(), epsilon);
            rate.fma(first.div(spread), V::load(parameters.add(i))).store(parameters.add(i));
        }
    }
}

/// Logarithm of a Gaussian's density at each row, up to what all rows share: −½ Σ ((a − μ)/σ)².
#[inline(always)]
unsafe fn density_of<V: Lanes>(
    means: *const f32,
    actions: *const f32,
    inverse: *const f32,
    rows: usize,
    width: usize,
    out: *mut f32,
) {
    // SAFETY: `rows` rows of `width` numbers, a whole number of vectors, are good.
    unsafe {
        for r in 0..rows {
            let (means, actions) = (means.add(r * width), actions.add(r * width));
            let mut sum = V::splat(0.0);
            for i in (0..width).step_by(V::WIDTH) {
                let z = V::load(actions.add(i)).sub(V::load(means.add(i)));
                let z = z.mul(V::load(inverse.add(i)));
                sum = z.fma(z, sum);
            }
            *out.add(r) = -0.5 * sum.sum();
        }
    }
}

/// Gradient of `Σ slope · density` by means, and added up by the logarithms of the deviations.
#[inline(always)]
unsafe fn density_back_of<V: Lanes>(
    slopes: *const f32,
    means: *const f32,
    actions: *const f32,
    inverse: *const f32,
    rows: usize,
    width: usize,
    d_means: *mut f32,
    d_log_std: *mut f32,
) {
    // SAFETY: as above.
    unsafe {
        for i in (0..width).step_by(V::WIDTH) {
            let inverse = V::load(inverse.add(i));
            // What fills up a row has a deviation of 1/0 and no part in the density.
            let zero = V::splat(0.0);
            let counts = inverse.pick_above(zero, V::splat(1.0), zero);
            let mut sum = V::load(d_log_std.add(i));
            for r in 0..rows {
                let at = r * width + i;
                let slope = V::splat(*slopes.add(r));
                let z = V::load(actions.add(at)).sub(V::load(means.add(at))).mul(inverse);
                slope.mul(z).mul(inverse).store(d_means.add(at));
                sum = slope.mul(z.fma(z, zero.sub(counts))).add(sum);
            }
            sum.store(d_log_std.add(i));
        }
    }
}

#[inline(always)]
unsafe fn exp_of<V: Lanes>(x: *mut f32, count: usize) {
    // SAFETY: `count` is a whole number of vectors, all of them good.
    unsafe {
        for i in (0..count).step_by(V::WIDTH) {
            V::load(x.add(i)).exp().store(x.add(i));
        }
    }
}

/// Sum of the squares of each row.
#[inline(always)]
unsafe fn squares_of<V: Lanes>(x: *const f32, rows: usize, width: usize, out: *mut f32) {
    // SAFETY: as above.
    unsafe {
        for r in 0..rows {
            let mut sum = V::splat(0.0);
            for i in (0..width).step_by(V::WIDTH) {
                let x = V::load(x.add(r * width + i));
                sum = x.fma(x, sum);
            }
            *out.add(r) = sum.sum();
        }
    }
}

kernels! {
    /// `c = begin + a · b` for `m` rows, `n` columns (a whole number of [`ROW`](crate::simd::ROW)) and `k` terms.
    fn product(m: usize, n: usize, k: usize, a: Left, b: *const f32, b_row: usize, c: *mut f32, c_row: usize, begin: Begin) = product_of;
    fn tanh(x: *mut f32, count: usize) = tanh_of;
    fn relu(x: *mut f32, count: usize) = relu_of;
    /// `x·sigmoid(x)` in place; what `x` was goes to `kept`.
    fn silu(x: *mut f32, kept: *mut f32, count: usize) = silu_of;
    /// Slope of tanh at results `y` times `dy`, in place.
    fn tanh_back(y: *const f32, dy: *mut f32, count: usize) = tanh_back_of;
    fn relu_back(y: *const f32, dy: *mut f32, count: usize) = relu_back_of;
    fn silu_back(kept: *const f32, dy: *mut f32, count: usize) = silu_back_of;
    /// Add `rows` rows to one.
    fn add_rows(x: *const f32, rows: usize, width: usize, row: usize, to: *mut f32) = add_rows_of;
    /// Add number by number.
    fn add(x: *const f32, to: *mut f32, count: usize) = add_of;
    fn squares(x: *const f32, rows: usize, width: usize, out: *mut f32) = squares_of;
    fn exp(x: *mut f32, count: usize) = exp_of;
    fn density(means: *const f32, actions: *const f32, inverse: *const f32, rows: usize, width: usize, out: *mut f32) = density_of;
    fn density_back(slopes: *const f32, means: *const f32, actions: *const f32, inverse: *const f32, rows: usize, width: usize, d_means: *mut f32, d_log_std: *mut f32) = density_back_of;
    fn adam(step: AdamStep, gradient: *const f32, m: *mut f32, v: *mut f32, parameters: *mut f32, count: usize) = adam_of;
}
