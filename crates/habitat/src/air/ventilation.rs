//! Exchange of air between zones, and of heat between air and structure.
//!
//! Three small linear systems are solved one after the other, each an M-matrix, so amounts stay
//! positive and nothing is created at any step length:
//!
//! 1. pressures: `V·(p' − p) = −dt · p̄ · Σ k·(p'_i − p'_j)` gives the flow through each hatch;
//! 2. amounts: `V_i·c'_i + dt·Σ Q_ij·c'_i − dt·Σ Q_ji·c'_j = V_i·c_i` for all eight gases;
//! 3. temperatures: the enthalpy carried by those amounts, and the structure, at the new
//!    temperatures.
//!
//! Implicit Euler: first order in dt, stable for a 12 m3 airlock at any step.
//!
//! # Ports
//! Gas and its enthalpy from zone to zone; heat from air to structure and back.
//! # State
//! None of its own; everything is in the zones.
//! # Stages
//! Exchange: after all units and the hull, before the zones settle.
//! # Fails how
//! A hatch is open as long as the scenario has it; its fan moves what the fans of the first zone can, at their speed.
//! # Parameters
//! | what | default | unit | source |
//! |---|---|---|---|
//! | flow each way | of the scenario | m3/h | 238 in the cabin: V-HAB's model of ISS, 140 ft3/min |
//! | hatch | 0.01 | m3/s/Pa | assumed: levels 10 Pa with 0.1 m3/s |
//! # Simplifications
//! Fans move equal volumes both ways whatever the densities. The pressure system uses the mean
//! pressure of two zones at the start of the step; no momentum, no jet, no thermal buoyancy.

use physics::constants::T_REF_K;
use physics::species::{CP_J_MOL_K, GASES, HF_J_MOL, internal_energy_line};

use crate::air::parcel::Parcel;
use crate::air::relaxed;
use crate::air::zone::{Zone, ZonePlan};
use crate::ledger::Ledger;

/// Largest number of zones.
pub const ZONES_MAX: usize = 16;

/// Parameters of one connection.
#[derive(Debug, Clone, PartialEq)]
pub struct VentilationPlan {
    /// Index of one zone.
    pub from: usize,
    /// Index of the other zone.
    pub to: usize,
    /// Air moved each way by the fan at its rated speed, m3/s.
    pub flow_m3_s: f64,
    /// Flow through the opening per pressure difference, m3/s/Pa.
    pub hatch_m3_s_pa: f64,
}

type Matrix<const N: usize> = [[f64; N]; N];

/// Solve `a · x = b` for `R` right-hand sides by elimination without pivoting.
///
/// `a` is column diagonally dominant with a positive diagonal and non-positive rest, so that no
/// pivot vanishes and every result of a non-negative `b` is non-negative.
///
/// # Conserves
/// Columns of the first two systems sum to the volume, so `Σ V·p` and `Σ V·c` are kept to rounding.
/// # Outside the range
/// `n` above `N` counts as `N`; a zone without links has its diagonal alone and is divided by it.
#[inline(always)]
fn solve<const N: usize, const R: usize>(a: &mut Matrix<N>, b: &mut [[f64; R]; N], n: usize) {
    let n = n.min(N);
    for k in 0..n {
        for i in k + 1..n {
            if a[i][k] == 0.0 {
                continue;
            }
            let factor = a[i][k] / a[k][k];
            for j in k + 1..n {
                a[i][j] -= factor * a[k][j];
            }
            for r in 0..R {
                b[i][r] -= factor * b[k][r];
            }
        }
    }
    for k in (0..n).rev() {
        for j in k + 1..n {
            let factor = a[k][j];
            if factor != 0.0 {
                for r in 0..R {
                    b[k][r] -= factor * b[j][r];
                }
            }
        }
        for r in 0..R {
            b[k][r] /= a[k][k];
        }
    }
}

/// Move air and heat for one step.
///
/// # Conserves
/// Amounts move between zones in pairs; their enthalpy with them; heat moves between air and
/// structure in pairs. Nothing crosses the boundary. Every directed flow is booked by
/// [`Ledger::gas_moved`] with its enthalpy of formation.
/// # Valid range
/// Up to [`ZONES_MAX`] zones, any step. Plans with more do not compile.
/// # Outside the range
/// An empty zone gives nothing and receives like any other. A zone without structure exchanges no
/// heat with it. Without any link every zone relaxes with its own structure alone.
/// # Tests
/// `tests::a_small_airlock_mixes_without_undershoot_at_ten_minutes` in this file: positive amounts,
/// amount and energy kept to 1e-13 and 1e-12, pressures level;
/// `convergence::biosim_3_halving_the_step_halves_the_error`: first order.
#[inline(always)]
pub fn exchange(
    plan: &[VentilationPlan],
    zone_plans: &[ZonePlan],
    zones: &mut [Zone],
    dt_s: f64,
    ledger: &mut Ledger,
) {
    // The same arithmetic in the smallest matrices that hold the zones.
    match zones.len() {
        0..=4 => exchange_in::<4>(plan, zone_plans, zones, dt_s, ledger),
        5..=8 => exchange_in::<8>(plan, zone_plans, zones, dt_s, ledger),
        _ => exchange_in::<ZONES_MAX>(plan, zone_plans, zones, dt_s, ledger),
    }
}

/// [`exchange`] for up to `N` zones, in matrices on the stack.
///
/// # Equation
/// ```text
/// C_v,i·T_i + G_i·(T_i − T_s,i) + Σ_j m_ij·(T_i − T_ref) − Σ_j m_ji·(T_j − T_ref)
///     = U_i + Σ h_f moved − offset_i
///   C_v   heat capacity of the gas at constant volume, after the amounts moved   [J/K]
///   m_ij  heat capacity at constant pressure of what moves from i to j           [J/K]
///   G     conductance to the structure times its relaxation                      [J/K]
///   T_s   temperature of the structure at the start                              [K]
/// ```
/// The new temperatures only fix how much enthalpy moves; each zone's own temperature is found from
/// its internal energy when it settles.
#[inline(always)]
fn exchange_in<const N: usize>(
    plan: &[VentilationPlan],
    zone_plans: &[ZonePlan],
    zones: &mut [Zone],
    dt_s: f64,
    ledger: &mut Ledger,
) {
    let n = zones.len().min(N);
    // Flow from i to j of the donor's air, m3/s.
    let mut flow_m3_s: Matrix<N> = [[0.0; N]; N];
    if !plan.is_empty() {
        hatch_flows(plan, zone_plans, zones, dt_s, &mut flow_m3_s);
        let mut a: Matrix<N> = [[0.0; N]; N];
        let mut c = [[0.0; GASES]; N];
        for i in 0..n {
            a[i][i] = zone_plans[i].volume_m3;
            c[i] = zones[i].n_mol;
        }
        for i in 0..n {
            for j in 0..n {
                if flow_m3_s[i][j] > 0.0 {
                    a[i][i] += dt_s * flow_m3_s[i][j];
                    a[j][i] -= dt_s * flow_m3_s[i][j];
                }
            }
        }
        solve(&mut a, &mut c, n);

        // Third system, in temperature; moved amounts of each direction are fixed by now.
        let mut b: Matrix<N> = [[0.0; N]; N];
        let mut t = [[0.0; 1]; N];
        let mut wall_j_k = [0.0; N];
        let mut moved_hf_j = [0.0; N];
        let mut moved_cp_j_k: Matrix<N> = [[0.0; N]; N];
        let mut change_mol = [[0.0; GASES]; N];
        for i in 0..n {
            for j in 0..n {
                if flow_m3_s[i][j] <= 0.0 {
                    continue;
                }
                let mut moved = Parcel::default();
                let mut cp_j_k = 0.0;
                let mut hf_j = 0.0;
                for g in 0..GASES {
                    let n_mol = dt_s * flow_m3_s[i][j] * c[i][g];
                    moved.n_mol[g] = n_mol;
                    change_mol[i][g] -= n_mol;
                    change_mol[j][g] += n_mol;
                    cp_j_k += n_mol * CP_J_MOL_K[g];
                    hf_j += n_mol * HF_J_MOL[g];
                }
                moved_cp_j_k[i][j] = cp_j_k;
                moved_hf_j[i] -= hf_j;
                moved_hf_j[j] += hf_j;
                moved.h_j = hf_j;
                ledger.gas_moved(&moved);
            }
        }
        for i in 0..n {
            for g in 0..GASES {
                // The exact sum is the non-negative solution of the system; rounding may leave -1e-18.
                zones[i].n_mol[g] = (zones[i].n_mol[g] + change_mol[i][g]).max(0.0);
            }
            let (offset_j, c_v_j_k) = internal_energy_line(&zones[i].n_mol);
            let (g_j_k, structure_j) = structure(&zone_plans[i], &zones[i], dt_s);
            wall_j_k[i] = g_j_k;
            b[i][i] += c_v_j_k.max(1e-9) + g_j_k;
            t[i][0] += zones[i].u_j + moved_hf_j[i] - offset_j + structure_j;
            for j in 0..n {
                let cp_j_k = moved_cp_j_k[i][j];
                if cp_j_k > 0.0 {
                    b[i][i] += cp_j_k;
                    b[j][i] -= cp_j_k;
                    t[i][0] += cp_j_k * T_REF_K;
                    t[j][0] -= cp_j_k * T_REF_K;
                }
            }
        }
        solve(&mut b, &mut t, n);
        for i in 0..n {
            for j in 0..n {
                let e_j = moved_cp_j_k[i][j] * (t[i][0] - T_REF_K);
                zones[i].u_j -= e_j;
                zones[j].u_j += e_j;
            }
            zones[i].u_j += moved_hf_j[i];
        }
        for i in 0..n {
            settle_structure(&zone_plans[i], &mut zones[i], t[i][0], wall_j_k[i]);
        }
    } else {
        for (zone_plan, zone) in zone_plans.iter().zip(zones.iter_mut()) {
            let (offset_j, c_v_j_k) = internal_energy_line(&zone.n_mol);
            let (g_j_k, structure_j) = structure(zone_plan, zone, dt_s);
            let t_k = (zone.u_j - offset_j + structure_j) / (c_v_j_k.max(1e-9) + g_j_k);
            settle_structure(zone_plan, zone, t_k, g_j_k);
        }
    }
}

/// Share of a structure's relaxation towards the air in one step, as a conductance (J/K) at the
/// new air temperature, and that conductance times the structure's temperature (J).
///
/// # Equation
/// ```text
/// G = C·(1 − exp(−k·dt/C))     C [J/K], k [W/K]
/// ```
/// exact for a structure in air of constant temperature; zero for a zone without structure.
#[inline(always)]
fn structure(plan: &ZonePlan, zone: &Zone, dt_s: f64) -> (f64, f64) {
    if plan.structure_j_k <= 0.0 {
        return (0.0, 0.0);
    }
    let share = relaxed(plan.structure_w_k * dt_s / plan.structure_j_k);
    let g_j_k = plan.structure_j_k * share;
    (g_j_k, g_j_k * zone.structure_k)
}

/// Move heat from air at `t_k` to the structure by the conductance `g_j_k`.
///
/// What the air loses the structure gains: the heat does not cross the boundary and is not booked.
#[inline(always)]
fn settle_structure(plan: &ZonePlan, zone: &mut Zone, t_k: f64, g_j_k: f64) {
    if plan.structure_j_k <= 0.0 {
        return;
    }
    let before_j = plan.structure_j_k * (zone.structure_k - T_REF_K);
    zone.structure_k += g_j_k * (t_k - zone.structure_k) / plan.structure_j_k;
    // A heavy structure moves by few digits of its temperature: the air gives what these digits hold.
    zone.u_j -= plan.structure_j_k * (zone.structure_k - T_REF_K) - before_j;
}

/// Flow from each zone to each other, m3/s of the donor's air: the fan both ways, and the flow
/// that levels the pressures.
///
/// # Equation
/// ```text
/// V_i·(p'_i − p_i) = −dt · Σ_j p̄_ij·k_ij·(p'_i − p'_j)       p̄ = (p_i + p_j)/2 at the start
/// Q_ij = fan + max(0, k_ij·(p'_i − p'_j))                     [m3/s]
///   k  hatch                                                 [m3/s/Pa]
/// ```
/// # Conserves
/// `Σ V·p`. Between two vacuums there is no levelling flow.
#[inline(always)]
fn hatch_flows<const N: usize>(
    plan: &[VentilationPlan],
    zone_plans: &[ZonePlan],
    zones: &[Zone],
    dt_s: f64,
    flow_m3_s: &mut Matrix<N>,
) {
    let n = zones.len().min(N);
    let mut a: Matrix<N> = [[0.0; N]; N];
    let mut p = [[0.0; 1]; N];
    for i in 0..n {
        a[i][i] = zone_plans[i].volume_m3;
        p[i][0] = zones[i].p_total_pa(&zone_plans[i]);
    }
    let before = p;
    for link in plan {
        let mean_pa = 0.5 * (before[link.from][0] + before[link.to][0]);
        let g = dt_s * mean_pa * link.hatch_m3_s_pa;
        a[link.from][link.from] += g;
        a[link.to][link.to] += g;
        a[link.from][link.to] -= g;
        a[link.to][link.from] -= g;
    }
    for i in 0..n {
        p[i][0] *= zone_plans[i].volume_m3;
    }
    solve(&mut a, &mut p, n);
    for link in plan {
        let level_m3_s = link.hatch_m3_s_pa * (p[link.from][0] - p[link.to][0]);
        // The fan of a connection hangs on the fans of its first zone.
        let fan_m3_s = zones[link.from].fans_share() * link.flow_m3_s;
        flow_m3_s[link.from][link.to] += fan_m3_s + level_m3_s.max(0.0);
        flow_m3_s[link.to][link.from] += fan_m3_s + (-level_m3_s).max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone_plan(volume_m3: f64) -> ZonePlan {
        ZonePlan {
            name: "z".into(),
            volume_m3,
            structure_j_k: 0.0,
            structure_w_k: 0.0,
            isothermal_k: None,
            leak_per_s: 0.0,
            hole_m2: 0.0,
            surroundings_pa: 0.0,
            exchange_per_s: 0.0,
            relief_pa: None,
            outside_mol_mol: [0.0; GASES],
            initial_mol: 0.0,
            outside_k: 295.0,
            equipment_rank: 0,
            fans_rank: 0,
            equipment_air_w: 0.0,
            equipment_plate_w: 0.0,
            equipment_j_k: 0.0,
            plate_w_k: 0.0,
            heater_rank: 0,
            heater_w: 0.0,
            cover_m: 0.0,
            ground_k: 0.0,
            fan_w: 0.0,
            offgassing_mol_s: [0.0; GASES],
        }
    }

    fn link(from: usize, to: usize) -> VentilationPlan {
        VentilationPlan { from, to, flow_m3_s: 238.0 / 3_600.0, hatch_m3_s_pa: 0.01 }
    }

    #[test]
    fn a_small_airlock_mixes_without_undershoot_at_ten_minutes() {
        let plans = [zone_plan(120.0), zone_plan(12.0)];
        let mut zones = [
            Zone::new([600.0, 12.0, 1_900.0, 30.0, 0.0, 0.0, 0.0, 0.0], 295.0),
            Zone::new([60.0, 0.0, 190.0, 3.0, 0.0, 0.0, 0.0, 0.0], 290.0),
        ];
        let before_mol: f64 = zones.iter().map(Zone::total_mol).sum();
        let before_j: f64 = zones.iter().map(|z| z.u_j).sum();
        let mut ledger = Ledger::default();
        for _ in 0..50 {
            exchange(&[link(0, 1)], &plans, &mut zones, 600.0, &mut ledger);
            for (zone, plan) in zones.iter_mut().zip(&plans) {
                zone.settle(plan, 298.15, &mut ledger);
            }
            assert!(zones.iter().all(|z| z.n_mol.iter().all(|n| *n >= 0.0)));
        }
        let after_mol: f64 = zones.iter().map(Zone::total_mol).sum();
        let after_j: f64 = zones.iter().map(|z| z.u_j).sum();
        assert!((after_mol / before_mol - 1.0).abs() < 1e-13);
        assert!((after_j / before_j - 1.0).abs() < 1e-12);
        let share = |z: &Zone| z.n_mol[1] / z.total_mol();
        assert!((share(&zones[0]) / share(&zones[1]) - 1.0).abs() < 1e-6);
        assert!((zones[0].t_k - zones[1].t_k).abs() < 1e-3);
        let p = |i: usize| zones[i].p_total_pa(&plans[i]);
        assert!((p(0) / p(1) - 1.0).abs() < 1e-4, "{} {}", p(0), p(1));
    }
}
