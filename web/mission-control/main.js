/**
 * Mission control: Open MCT with the sessions of this server, and pages of our own.
 */

import { Sessions } from './habitat/sessions.js';
import { fillBar } from './bar.js';
import { MissionClock } from './tree/clock.js';
import { FaultList } from './tree/faults.js';
import { addressOf, addressOfPage, sessionOf } from './tree/identity.js';
import { Objects } from './tree/objects.js';
import { Telemetry } from './tree/telemetry.js';
import { addPage } from './tree/views.js';
import { open as openAdvice } from './pages/advice.js';
import { open as openAlarms } from './pages/alarms.js';
import { open as openCommands } from './pages/commands.js';
import { open as openCrew } from './pages/crew.js';
import { open as openEvents } from './pages/events.js';
import { open as openMachine } from './pages/machine.js';
import { open as openReplay } from './pages/replay.js';
import { open as openSchematic } from './pages/schematic.js';
import { open as openSessions } from './pages/sessions.js';
import { open as openTraining } from './pages/training.js';
import { open as openUnit } from './pages/unit.js';
import { open as openWhatIf } from './pages/what-if.js';

/** What plots show at first: the last hours and a little ahead, ms. */
const OFFSETS = { start: -6 * 3600e3, end: 20 * 60e3 };

const PAGES = [
  ['habitat.sessions', 'Sessions', 'icon-session', openSessions],
  ['habitat.place', 'Units', 'icon-gear', openUnit],
  ['habitat.unit', 'Channels', 'icon-tabular', openUnit],
  ['habitat.page.schematic', 'Schematic', 'icon-object', openSchematic],
  ['habitat.page.alarms', 'Alarms', 'icon-bell', openAlarms],
  ['habitat.page.events', 'Events', 'icon-timelist', openEvents],
  ['habitat.page.crew', 'Crew', 'icon-person', openCrew],
  ['habitat.page.commands', 'Faults and commands', 'icon-command', openCommands],
  ['habitat.page.what-if', 'What if', 'icon-plot-overlay', openWhatIf],
  ['habitat.page.advice', 'Advice', 'icon-check', openAdvice],
  ['habitat.page.replay', 'Counterfactual replay', 'icon-plot-stacked', openReplay],
  ['habitat.page.training', 'Training', 'icon-line-horz', openTraining],
  ['habitat.page.machine', 'Machine', 'icon-gear', openMachine]
];

async function start() {
  const { openmct } = window;
  const sessions = new Sessions();
  await sessions.start();

  openmct.setAssetPath('/openmct/');
  openmct.install(openmct.plugins.Espresso());
  openmct.install(openmct.plugins.UTCTimeSystem());
  openmct.install(openmct.plugins.LocalStorage());
  openmct.install(openmct.plugins.MyItems('My layouts'));
  openmct.install(openmct.plugins.DisplayLayout({ showAsView: ['summary-widget'] }));
  openmct.install(openmct.plugins.ClearData(['table', 'telemetry.plot.overlay', 'telemetry.plot.stacked']));
  new Objects(sessions).install(openmct);
  new Telemetry(sessions).install(openmct);
  new FaultList(sessions).install(openmct);
  new MissionClock(sessions).install(openmct);
  PAGES.forEach(([type, name, sign, open]) => addPage(openmct, sessions, type, name, sign, open));
  openmct.install(openmct.plugins.Conductor({ menuOptions: menu(sessions) }));

  // The first look, unless the address asks for something else; the room of the inspector is needed for it.
  const first = sessions.chosen;
  const look = first === undefined ? addressOfPage('sessions') : addressOf(String(first.id), 'overview');
  const address = location.hash.startsWith('#/browse/') ? location.hash : look;
  if (!address.includes('hideInspector')) {
    history.replaceState(null, '', `${address}${address.includes('?') ? '&' : '?'}hideInspector=true`);
  }
  follow(openmct, sessions);
  fillBar(document.getElementById('bar'), sessions);
  openmct.on('start', () => document.documentElement.setAttribute('data-ready', 'true'));
  openmct.start(document.getElementById('screen'));
}

/** Ways of looking at time: as it comes, or a span that stands. */
function menu(sessions) {
  const epoch_ms = sessions.chosen?.epoch_ms ?? 0;
  const now_ms = (sessions.chosen?.t_s ?? 0) * 1000;
  const span = (from) => ({ start: from + Math.max(0, now_ms - 24 * 3600e3), end: from + Math.max(now_ms, 3600e3) });
  return [
    { name: 'Live', timeSystem: 'utc', clock: 'mission', clockOffsets: OFFSETS },
    { name: 'Live', timeSystem: 'mission', clock: 'mission', clockOffsets: OFFSETS },
    { name: 'Span', timeSystem: 'utc', bounds: span(epoch_ms) },
    { name: 'Span', timeSystem: 'mission', bounds: span(0) }
  ];
}

/** The session whose objects are looked at is the one of clock and bar. */
function follow(openmct, sessions) {
  const look = () => {
    const path = decodeURIComponent(location.hash.split('?')[0]);
    const found = /habitat:(s~[^/?]*)/.exec(path);
    const id = found === null ? null : sessionOf({ namespace: 'habitat', key: found[1] });
    if (id !== null && sessions.find(id) !== undefined) {
      sessions.choose(id);
    }
  };
  window.addEventListener('hashchange', look);
  look();
}

start().catch((error) => {
  if (error.status === 401) {
    location.replace('/login');
    return;
  }
  const line = document.createElement('p');
  line.className = 'lh-failure';
  line.textContent = `Mission control cannot start: ${error.message}`;
  document.body.prepend(line);
});
