//! The order of a step, written once.
//!
//! Every unit reads the zone temperature of the end of the last step, moves amounts and energy, and
//! leaves the temperature alone; the exchange at the end solves the new temperatures implicitly.
//! Whoever comes first is served first: people, then oxygen, air, water, make-up.
//!
//! | stage | what runs | why here |
//! |---|---|---|
//! | open | ledger | what is held is known before anything moves |
//! | power | failures, sun and sources, which loads have power and coolant | a load that is off is off for the whole step |
//! | inputs | equipment, off-gassing, evaporation, prescribed flows | boundary conditions |
//! | crew | people | they drink before the electrolyser and breathe before the cleaners |
//! | oga | oxygen generators | the reducer needs their hydrogen in the same step |
//! | ccaa, cdra | heat exchanger, then removal units on its outlet | cold dry air for the beds |
//! | reduction | reducer, vent, trace gases, LiOH, candles | hydrogen and CO2 are there |
//! | water | urine, brine, water processor | each finds what the one before has made |
//! | hull | make-up, then heat to the ground, leaks and relief | make-up sees what the units left |
//! | exchange | ventilation, structure, new temperatures, condensation | all flows are known |
//! | supply | array, fuel cell, battery, electrolyser; then coolant loops and radiator | everything that draws has drawn, and given its heat |
//! | health | doses, mission rules | people are judged by the air at the end |
//! | close | ledger | residual of the step |
//!
//! Units of one kind run in the order of the scenario. The order is fixed, so one file gives one
//! answer.
//!
//! # Cuts
//! A step is cut at every change of activity, at both ends of an illness, of a prescribed rate, of a
//! phase of CO2 removal, at both ends of a declared darkness, at a failure that the scenario places, and at
//! midnight, when the day's metabolic rates are drawn. Between cuts nothing prescribed changes, so the result does not depend on how edges fall into steps. The on/off patterns of the water
//! units and the valves of the regulator are looked at once a step and are not cut.
//!
//! # Tests
//! `convergence::biosim_3_halving_the_step_halves_the_error` (first order),
//! `convergence::long_steps_stay_close`, `biosim::biosim_4_one_file_gives_one_answer`,
//! `same_bits::golden_hash_of_a_day_in_the_cabin`.

use crate::air::ventilation::exchange;
use crate::counters::{NoProbe, Probe, Stage, StageCounters};
use crate::fault::{Kind, Mode, covered};
use crate::layout::Layout;
use crate::mission::Worst;
use crate::power::RANKS_MAX;
use crate::state::State;
use crate::stores::Stores;
use crate::stream::Purpose;
use crate::thermal::{FREEZE_K, Plate};
use physics::constants::DAY_S;
use physics::physiology::inspired_o2_pa;
use physics::species::Gas;

/// Coolant of a habitat without loops of its own, K. Assumed.
const COOLANT_K: f64 = 290.0;
/// Share of its product that a leaking water unit spills. Assumed.
const SPILL_SHARE: f64 = 0.05;

/// Advance by `dt_s`, cut at every change of schedule, phase or rate that falls inside.
///
/// # Valid range
/// 0.001 s to an hour, as [`crate::Habitat::step`] allows. Edges closer than a microsecond to the
/// end of a step count as on it; no piece is shorter than a microsecond.
#[inline(always)]
fn advance_probed(plan: &Layout, state: &mut State, dt_s: f64, probe: &mut impl Probe) {
    let end_s = state.t_s + dt_s;
    while end_s - state.t_s > 1e-6 {
        if state.next_event_s <= 1e-6 {
            events(plan, state);
        }
        let left_s = end_s - state.t_s;
        // A step that would end within a microsecond of the event ends on it.
        let piece_s = if state.next_event_s < left_s - 1e-6 { state.next_event_s } else { left_s };
        step(plan, state, piece_s, probe);
        state.next_event_s -= piece_s;
    }
    // The sum of pieces is the step itself, to the bit.
    state.t_s = end_s;
}

/// [`advance_probed`] without an observer.
#[inline(always)]
fn advance_plain(plan: &Layout, state: &mut State, dt_s: f64) {
    advance_probed(plan, state, dt_s, &mut NoProbe);
}

physics::at_simd_level! {
    /// Advance by `dt_s` with the instructions of a SIMD level; the bits do not depend on it.
    pub(crate) fn advance(plan: &Layout, state: &mut State, dt_s: f64) = advance_plain
}

physics::at_simd_level! {
    /// [`advance`] that adds the time of every stage to counters.
    pub(crate) fn advance_observed(
        plan: &Layout,
        state: &mut State,
        dt_s: f64,
        counters: &mut StageCounters,
    ) = advance_probed
}

/// Take up what changes at this moment, and find when the next change comes.
///
/// On a new day every person's rate is drawn: `today = 1 + variation·(2u − 1)`, with the draw
/// number `day·64 + person` of the stream for metabolism, so that a person's draws do not depend on
/// who else lives here. The dead are drawn for, too. The next change is at least a millisecond
/// away, so that rounding cannot stop the clock.
fn events(plan: &Layout, state: &mut State) {
    let day = (state.t_s + 1e-6).div_euclid(DAY_S);
    let mut next_s = (day + 1.0) * DAY_S - state.t_s;
    if state.drawn_day != day as u64 + 1 {
        state.drawn_day = day as u64 + 1;
        for (index, (person, person_plan)) in state.crew.iter_mut().zip(&plan.crew).enumerate() {
            let draw = state.key.uniform(Purpose::Metabolism, day as u64 * 64 + index as u64);
            person.today = 1.0 + person_plan.daily_variation * (2.0 * draw - 1.0);
        }
    }
    for (person, person_plan) in state.crew.iter_mut().zip(&plan.crew) {
        let (piece, left_s) = person_plan.schedule.at(state.t_s);
        person.piece = piece as u64;
        let illness = person_plan.ill_at(state.t_s);
        (person.ill, person.illness) = (illness.is_some(), illness.unwrap_or(1.0));
        next_s = next_s.min(left_s).min(person_plan.next_event_s(state.t_s));
    }
    next_s = next_s.min(plan.faults.next_event_s(state.t_s));
    if let Some(power_plan) = &plan.power {
        next_s = next_s.min(power_plan.site.next_event_s(state.t_s));
    }
    for term in &plan.source_terms {
        next_s = next_s.min(term.next_event_s(state.t_s));
    }
    for (cdra, cdra_plan) in state.cdra.iter().zip(&plan.cdra) {
        next_s = next_s.min(cdra.next_event_s(cdra_plan));
    }
    state.next_event_s = next_s.max(1e-3);
}

/// Time from `t_s` to the first of `edges_s` that is still to come, s; infinite if there is none.
///
/// An edge closer than a microsecond counts as passed.
pub(crate) fn next_edge_s(edges_s: impl Iterator<Item = f64>, t_s: f64) -> f64 {
    edges_s.map(|edge_s| edge_s - t_s).filter(|left_s| *left_s > 1e-6).fold(f64::INFINITY, f64::min)
}

/// One piece of a step: all stages in the order of the module, with nothing prescribed changing.
///
/// What was held at the end of the last piece is what is held now; only the first piece of a
/// mission sums it anew.
#[inline(always)]
fn step(plan: &Layout, state: &mut State, dt_s: f64, probe: &mut impl Probe) {
    probe.stage(Stage::Open);
    let held =
        if state.steps == 0 { state.held(plan) } else { crate::ledger::Account(state.ledger.held) };
    state.ledger.open(held);
    let liquid_k = plan.stores.t_k;
    let plate = plate_of(plan, state);

    probe.stage(Stage::Power);
    faults(plan, state, dt_s);
    share_out(plan, state, dt_s);
    let ledger = &mut state.ledger;

    probe.stage(Stage::Inputs);
    for (zone, zone_plan) in state.zones.iter_mut().zip(&plan.zones) {
        zone.inputs(zone_plan, plate, dt_s, liquid_k, ledger);
    }
    for term in &plan.source_terms {
        term.run(&mut state.zones[term.zone], state.t_s, dt_s, ledger);
    }

    probe.stage(Stage::Crew);
    for (person, person_plan) in state.crew.iter_mut().zip(&plan.crew) {
        let zone = person_plan.schedule.pieces()[person.piece as usize].zone;
        let stores = (&mut state.stores, &plan.stores);
        person.live(person_plan, &mut state.zones[zone], stores, dt_s, ledger);
    }

    probe.stage(Stage::Oga);
    for (oga, oga_plan) in state.oga.iter_mut().zip(&plan.oga) {
        let stores = (&mut state.stores, &plan.stores);
        oga.run(oga_plan, &mut state.zones[oga_plan.zone], stores, dt_s, ledger);
    }

    air_cleaning(plan, state, dt_s, probe);

    let ledger = &mut state.ledger;
    probe.stage(Stage::Reduction);
    for (sabatier, sabatier_plan) in state.sabatier.iter_mut().zip(&plan.sabatier) {
        sabatier.run(sabatier_plan, (&mut state.stores, &plan.stores), dt_s, ledger);
    }
    state.stores.vent_hydrogen(&plan.stores, ledger);
    for (tccs, tccs_plan) in state.tccs.iter_mut().zip(&plan.tccs) {
        let zone = (&mut state.zones[tccs_plan.zone], &plan.zones[tccs_plan.zone]);
        tccs.run(zone, dt_s, ledger);
    }
    for (lioh, lioh_plan) in state.lioh.iter_mut().zip(&plan.lioh) {
        let zone = (&mut state.zones[lioh_plan.zone], &plan.zones[lioh_plan.zone]);
        lioh.run(lioh_plan, zone, dt_s, ledger);
    }
    for (candle, candle_plan) in state.candles.iter_mut().zip(&plan.candles) {
        candle.run(candle_plan, &mut state.zones[candle_plan.zone], dt_s, ledger);
    }

    probe.stage(Stage::Water);
    for (upa, upa_plan) in state.upa.iter_mut().zip(&plan.upa) {
        upa.run(upa_plan, (&mut state.stores, &plan.stores), dt_s, ledger);
        if upa.leaking {
            let spilt_kg = SPILL_SHARE * upa.distillate_kg_s * dt_s;
            Stores::spill(
                &mut state.stores.condensate_kg,
                spilt_kg,
                &mut state.zones[upa_plan.zone],
            );
        }
    }
    for (brine, brine_plan) in state.brine_processors.iter_mut().zip(&plan.brine_processors) {
        let zone = (&mut state.zones[brine_plan.zone], &plan.zones[brine_plan.zone]);
        brine.run(brine_plan, zone, (&mut state.stores, &plan.stores), dt_s, ledger);
    }
    for (wpa, wpa_plan) in state.wpa.iter_mut().zip(&plan.wpa) {
        wpa.run(wpa_plan, (&mut state.stores, &plan.stores), dt_s, ledger);
        if wpa.leaking {
            let spilt_kg = SPILL_SHARE * wpa.water_kg_s * dt_s;
            Stores::spill(&mut state.stores.potable_kg, spilt_kg, &mut state.zones[wpa_plan.zone]);
        }
    }

    probe.stage(Stage::Hull);
    for (acs, acs_plan) in state.acs.iter_mut().zip(&plan.acs) {
        let zone = (&mut state.zones[acs_plan.zone], &plan.zones[acs_plan.zone]);
        acs.run(acs_plan, zone, (&mut state.stores, &plan.stores), dt_s, ledger);
    }
    state.stores.leak(&plan.stores, state.zones.first_mut(), dt_s, ledger);
    for (zone, zone_plan) in state.zones.iter_mut().zip(&plan.zones) {
        zone.hull(zone_plan, dt_s, ledger);
    }

    probe.stage(Stage::Exchange);
    exchange(&plan.ventilation, &plan.zones, &mut state.zones, dt_s, ledger);
    for (zone, zone_plan) in state.zones.iter_mut().zip(&plan.zones) {
        zone.settle(zone_plan, liquid_k, ledger);
    }

    probe.stage(Stage::Supply);
    supply(plan, state, dt_s);

    probe.stage(Stage::Health);
    health(plan, state, dt_s);

    probe.stage(Stage::Close);
    let held = state.held(plan);
    state.ledger.close(&held);
    state.t_s += dt_s;
    state.steps += 1;
    probe.end();
}

/// Let units fail and be repaired, and tell them what they can do.
fn faults(plan: &Layout, state: &mut State, dt_s: f64) {
    if plan.faults.units.is_empty() {
        return;
    }
    let fit = state.crew.iter().filter(|p| p.is_fit()).count() as f64;
    let hands = fit / (state.crew.len() as f64).max(1.0);
    if !state.faults.pass(&plan.faults, state.key, state.t_s, dt_s, hands) {
        return;
    }
    afflict_all(plan, state);
    // A unit that stops or starts changes when its next phase comes.
    state.next_event_s = state.next_event_s.min(dt_s);
}

/// Tell every unit what its faults leave of it.
pub(crate) fn afflict_all(plan: &Layout, state: &mut State) {
    for at in 0..plan.faults.units.len() {
        afflict(plan, state, at);
    }
}

/// Tell one unit what its faults leave of it.
pub(crate) fn afflict(plan: &Layout, state: &mut State, at: usize) {
    let unit = &plan.faults.units[at];
    let fault = &state.faults.units[at];
    let (capacity, i) = (fault.capacity(), unit.index);
    let (leaking, stuck) = (fault.is(Mode::Leaking), fault.is(Mode::Stuck));
    let fallen = fault.dust;
    match unit.kind {
        Kind::Hull => state.zones[i].holes_m2 = fault.lost,
        Kind::Fans => state.zones[i].fans_capacity = capacity,
        Kind::Cdra => {
            let cdra = &mut state.cdra[i];
            (cdra.capacity, cdra.leaking, cdra.stuck) = (capacity, leaking, stuck);
        }
        Kind::Ccaa => {
            let ccaa = &mut state.ccaa[i];
            (ccaa.capacity, ccaa.leaking, ccaa.stuck) = (capacity, leaking, stuck);
        }
        Kind::Oga => (state.oga[i].capacity, state.oga[i].leaking) = (capacity, leaking),
        Kind::Acs => (state.acs[i].capacity, state.acs[i].stuck) = (capacity, stuck),
        Kind::Wpa => (state.wpa[i].capacity, state.wpa[i].leaking) = (capacity, leaking),
        Kind::Upa => (state.upa[i].capacity, state.upa[i].leaking) = (capacity, leaking),
        Kind::Sabatier => {
            (state.sabatier[i].capacity, state.sabatier[i].leaking) = (capacity, leaking);
        }
        Kind::Tccs => state.tccs[i].capacity = capacity,
        Kind::BrineProcessor => state.brine_processors[i].capacity = capacity,
        Kind::O2Tank => state.stores.o2_leaks = leaking,
        Kind::N2Tank => state.stores.n2_leaks = leaking,
        Kind::PotableTank => state.stores.potable_leaks = leaking,
        Kind::Pump => {
            for thermal in &mut state.thermal {
                thermal.loops[i].capacity = capacity;
            }
        }
        Kind::Battery => state.power.iter_mut().for_each(|p| p.battery_capacity = capacity),
        Kind::FuelCell => state.power.iter_mut().for_each(|p| p.fuel_cell_capacity = capacity),
        Kind::Electrolyser => {
            state.power.iter_mut().for_each(|p| p.electrolyser_capacity = capacity);
        }
        Kind::Array => {
            for power in &mut state.power {
                power.array_capacity = capacity;
                if fallen > 0.0 {
                    power.dust_fraction = covered(power.dust_fraction, fallen);
                    power.sky_looks = 0.0;
                }
            }
            state.faults.units[at].dust = 0.0;
        }
        Kind::Radiator => {
            for thermal in &mut state.thermal {
                thermal.dust_fraction = covered(thermal.dust_fraction, fallen);
            }
            state.faults.units[at].dust = 0.0;
        }
    }
}

/// Let the bus decide which loads have power, and remember what each rank drew last.
fn share_out(plan: &Layout, state: &mut State, dt_s: f64) {
    let (Some(power), Some(power_plan)) = (state.power.first_mut(), &plan.power) else {
        return;
    };
    let never_shed = power.powers(0);
    let mut rank_w = [0.0; RANKS_MAX];
    let mut ran = [false; RANKS_MAX];
    let mut add = |rank: u64, powered: bool, w: f64| {
        let at = (rank as usize).min(RANKS_MAX - 1);
        rank_w[at] += w;
        ran[at] |= powered;
    };
    for (zone, zone_plan) in state.zones.iter().zip(&plan.zones) {
        let equipment_w = zone_plan.equipment_air_w + zone_plan.equipment_plate_w;
        let running_w = if zone.equipment_tripped { 0.0 } else { equipment_w };
        add(zone_plan.equipment_rank, zone.equipment_powered, running_w);
        add(zone_plan.fans_rank, zone.fans_powered, zone.fans_w(zone_plan));
        add(zone_plan.heater_rank, zone.heater_powered, zone.heater_w);
    }
    macro_rules! units {
        ($($units:ident),*) => {
            $(for (unit, unit_plan) in state.$units.iter().zip(&plan.$units) {
                add(unit_plan.rank, unit.powered, unit.power_w);
            })*
        };
    }
    let (low_hot, hot) = match state.thermal.first() {
        Some(thermal) => {
            add(0, never_shed, thermal.power_w());
            (thermal.low_hot, thermal.hot)
        }
        None => (false, false),
    };
    units!(oga, ccaa, cdra, sabatier, tccs, lioh, wpa, upa, brine_processors);
    for at in 0..RANKS_MAX {
        if ran[at] {
            power.rank_w[at] = rank_w[at];
        }
    }
    let was_hot = core::mem::replace(&mut power.hot, hot);
    let was_low_hot = core::mem::replace(&mut power.low_hot, low_hot);
    let same = hot == was_hot && low_hot == was_low_hot;
    if !power.share_out(power_plan, state.t_s, dt_s) && same {
        return;
    }
    for (zone, zone_plan) in state.zones.iter_mut().zip(&plan.zones) {
        zone.equipment_powered = power.powers(zone_plan.equipment_rank);
        zone.fans_powered = power.powers(zone_plan.fans_rank);
        zone.heater_powered = power.powers(zone_plan.heater_rank);
    }
    macro_rules! switch {
        ($may_run:expr; $($units:ident),*) => {
            $(for (unit, unit_plan) in state.$units.iter_mut().zip(&plan.$units) {
                unit.powered = $may_run && power.powers(unit_plan.rank);
            })*
        };
    }
    switch!(true; ccaa, tccs, lioh, brine_processors);
    switch!(!low_hot; cdra);
    // What gives its heat to a loop that is too hot stops.
    switch!(!hot; oga, sabatier, wpa, upa);
    // A unit that stops or starts changes when its next phase comes.
    state.next_event_s = state.next_event_s.min(dt_s);
}

/// What the nodes on the moderate loop meet, if the habitat has one.
#[inline(always)]
fn plate_of(plan: &Layout, state: &State) -> Plate {
    match (state.thermal.first(), &plan.thermal) {
        (Some(thermal), Some(thermal_plan)) => thermal.plate(thermal_plan),
        _ => Plate::flowing(COOLANT_K),
    }
}

/// Let the power system supply what was drawn, and the coolant loops take the heat of it all.
#[inline(always)]
fn supply(plan: &Layout, state: &mut State, dt_s: f64) {
    let plate = plate_of(plan, state);
    let ledger = &mut state.ledger;
    // Pumps and heaters of the loops hang on the loads that are never shed.
    let powered = state.power.first().is_none_or(|power| power.powers(0));
    if let (Some(thermal), Some(thermal_plan)) = (state.thermal.first_mut(), &plan.thermal) {
        thermal.draw(thermal_plan, powered, dt_s, ledger);
    }
    for (power, power_plan) in state.power.iter_mut().zip(&plan.power) {
        power.settle(power_plan, &plan.stores, plate, dt_s, ledger);
    }
    let sun = state.power.first().map_or((0.0, 0.0), |p| (p.direct_w_m2, p.sin_elevation));
    let (Some(thermal), Some(thermal_plan)) = (state.thermal.first_mut(), &plan.thermal) else {
        return;
    };
    thermal.settle(thermal_plan, sun, state.t_s, dt_s, ledger);
    // Ice stays in the loop: what a coil meets is at its melting point.
    let low_k = thermal.loops[0].supply_k.max(FREEZE_K);
    for ccaa in &mut state.ccaa {
        ccaa.coolant_in_k = low_k;
        ccaa.coolant_flows = thermal.loops[0].flows;
    }
    for cdra in &mut state.cdra {
        cdra.coolant_in_k = low_k;
    }
}

/// Condensing heat exchangers, and the CO2 removal units that draw from their outlets.
///
/// A removal unit whose heat exchanger is off, or that has none, draws cabin air instead, after all
/// heat exchangers have run. One that is off shows zeros.
#[inline(always)]
fn air_cleaning(plan: &Layout, state: &mut State, dt_s: f64, probe: &mut impl Probe) {
    let ledger = &mut state.ledger;
    for (index, (ccaa, ccaa_plan)) in state.ccaa.iter_mut().zip(&plan.ccaa).enumerate() {
        probe.stage(Stage::Ccaa);
        let zone_plan = &plan.zones[ccaa_plan.zone];
        let zone = &mut state.zones[ccaa_plan.zone];
        let mut outlet =
            ccaa.run(ccaa_plan, (zone, zone_plan), (&mut state.stores, &plan.stores), dt_s, ledger);
        probe.stage(Stage::Cdra);
        let p_pa = state.zones[ccaa_plan.zone].p_total_pa(zone_plan);
        let is_empty = outlet.air.total_mol() <= 0.0;
        for (cdra, cdra_plan) in state.cdra.iter_mut().zip(&plan.cdra) {
            if cdra_plan.ccaa != Some(index) {
                continue;
            }
            if is_empty {
                // A fan that moves no air feeds no beds.
                cdra.rest();
                continue;
            }
            let stores = (&mut state.stores, &plan.stores);
            cdra.run(
                cdra_plan,
                &mut outlet.air,
                outlet.volume_m3,
                outlet.p_pa.max(p_pa),
                dt_s,
                stores,
                ledger,
            );
        }
        state.zones[ccaa_plan.zone].put(&outlet.air);
    }
    probe.stage(Stage::Cdra);
    for (cdra, cdra_plan) in state.cdra.iter_mut().zip(&plan.cdra) {
        let fed = cdra_plan.ccaa.is_some_and(|index| state.ccaa[index].is_on());
        let runs = cdra.is_on();
        if fed || !runs {
            if !runs {
                cdra.rest();
            }
            continue;
        }
        let zone_plan = &plan.zones[cdra_plan.zone];
        let zone = &mut state.zones[cdra_plan.zone];
        let p_pa = zone.p_total_pa(zone_plan);
        let share = crate::air::zone::Zone::drawn_share(zone_plan, cdra_plan.flow_m3_s, dt_s);
        let mut air = zone.take(share);
        let stores = (&mut state.stores, &plan.stores);
        // Everything taken is drawn: the volume is the blower's own.
        cdra.run(cdra_plan, &mut air, cdra_plan.flow_m3_s * dt_s, p_pa, dt_s, stores, ledger);
        state.zones[cdra_plan.zone].put(&air);
    }
}

/// How people fare, and whether the mission still succeeds.
///
/// The rules see the worst zone that holds somebody, by the schedule: a dead person counts as in
/// the zone where the schedule has them. A habitat without people is not judged.
#[inline(always)]
fn health(plan: &Layout, state: &mut State, dt_s: f64) {
    if state.crew.is_empty() {
        return;
    }
    let mut worst = Worst {
        pp_co2_pa: 0.0,
        inspired_o2_pa: f64::INFINITY,
        p_total_pa: f64::INFINITY,
        t_min_k: f64::INFINITY,
        t_max_k: 0.0,
        potable_kg: state.stores.potable_kg,
        need_kg_s: 0.0,
        dead: 0,
    };
    for (person, person_plan) in state.crew.iter_mut().zip(&plan.crew) {
        let index = person_plan.schedule.pieces()[person.piece as usize].zone;
        let (zone, zone_plan) = (&state.zones[index], &plan.zones[index]);
        person.health.breathe(zone_plan, zone, person.water_kg, person.food_kg, dt_s);
        if !person.health.alive {
            worst.dead += 1;
            continue;
        }
        worst.need_kg_s += person_plan.oral.drink_kg_s + person_plan.hygiene_kg_s;
        let p_pa = zone.p_total_pa(zone_plan);
        worst.pp_co2_pa = worst.pp_co2_pa.max(zone.pp_pa(zone_plan, Gas::Co2));
        worst.inspired_o2_pa = worst.inspired_o2_pa.min(inspired_o2_pa(p_pa, zone.o2_fraction()));
        worst.p_total_pa = worst.p_total_pa.min(p_pa);
        worst.t_min_k = worst.t_min_k.min(zone.t_k);
        worst.t_max_k = worst.t_max_k.max(zone.t_k);
    }
    if worst.dead == state.crew.len() {
        // Nobody is left whose air could be judged; the mission is lost already.
        worst = Worst { dead: worst.dead, ..Worst::GOOD };
    }
    state.mission.judge(&worst, state.t_s, dt_s);
}
