// The `Date` of the service's script engine.
// `zone.offset` is what local time is ahead of UTC without daylight saving, in milliseconds; `zone.periods` lists since
// when what is added, and how the zone is called then: [milliseconds since the epoch, milliseconds, name], rising.
(function (host, zone) {
    'use strict';
    const { hide, words, apply, native } = host;
    const { ownKeys } = Reflect, Native = Date, { floor, abs, trunc } = Math, toText = String, { prototype } = Native;
    const getTime = (date) => apply(prototype.getTime, date, []);
    const natives = {};
    for (const name of ownKeys(prototype)) {
        const method = prototype[name];
        if (typeof name === 'string') { natives[name] = (date, ...given) => apply(method, date, given); }
    }

    function periodAt(time) {
        let low = 0, high = zone.periods.length - 1;
        while (low < high) {
            const middle = (low + high + 1) >> 1;
            if (zone.periods[middle][0] <= time) { low = middle; } else { high = middle - 1; }
        }
        return zone.periods[low];
    }

    const savingAt = (time) => periodAt(time)[1];
    const offsetAt = (time) => zone.offset + savingAt(time);
    const localOf = (date) => new Native(getTime(date) + offsetAt(getTime(date)));
    const instantOf = (local) => local - zone.offset - savingAt(local - zone.offset);

    // Texts. What is no date of ISO 8601 is read word by word, and is local if it does not name its zone.

    const names = {};
    words('monday tuesday wednesday thursday friday saturday sunday').forEach((name) => { names[name] = ['day']; });
    words('january february march april may june july august september october november december')
        .forEach((name, month) => { names[name] = ['month', month + 1]; });
    Object.assign(names, { am: ['half', 0], pm: ['half', 12] });
    Object.entries({ z: 0, gmt: 0, ut: 0, utc: 0, est: -5, edt: -4, cst: -6, cdt: -5, mst: -7, mdt: -6, pst: -8, pdt: -7 })
        .forEach(([name, hours]) => { names[name] = ['zone', hours * 60]; });

    function named(word) {
        const lower = word.toLowerCase();
        const full = ownKeys(names).filter((name) => name.slice(0, 3) === lower.slice(0, 3) && native.startsWith(name, lower))[0];
        return full === undefined ? undefined : names[full];
    }

    const iso = new RegExp('^(?:([0-9]{4})|([+-])([0-9]{6}))(?:-([0-9]{2})(?:-([0-9]{2}))?)?' +
        '(?:[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\\.([0-9]{1,9}))?)?([Zz]|[+-][0-9]{1,2}:?[0-9]{0,2})?)?$');
    const within = (value, low, high) => value >= low && value <= high;

    function isoFields(text) {
        const match = iso.exec(text);
        if (!match) { return undefined; }
        const [, plain, sign, long, month = '1', day = '1', hour = '0', minute = '0', second = '0', fraction = '0', ending] = match;
        const year = plain ? +plain : sign === '-' ? -long : +long;
        const fields = [year, month - 1, +day, +hour, +minute, +second, +native.padEnd(fraction, 3, '0').slice(0, 3)];
        if (sign === '-' && +long === 0) { return undefined; }
        if (!within(fields[1], 0, 11) || !within(fields[2], 1, 31) || !within(fields[3], 0, 24) ||
            !within(fields[4], 0, 59) || !within(fields[5], 0, 59)) { return undefined; }
        if (fields[3] === 24 && (fields[4] || fields[5] || fields[6])) { return undefined; }
        // Before its seconds a time of ISO 8601 has no offset for this engine.
        if (ending && /[+-]/.test(ending) && match[8] === undefined) { return undefined; }
        return { fields, offset: ending && /[+-]/.test(ending) ? minutesOf(ending) : 0 };
    }

    function minutesOf(text) {
        const [, sign, digits, colon, rest] = /^([+-])(\d{0,2})(:?)(\d{0,2})/.exec(text);
        let hours = +digits, minutes = +rest;
        if (!colon && rest.length === 1) {
            minutes += 10 * (hours % 10);
            hours = floor(hours / 10);
        }
        return (sign === '-' ? -1 : 1) * (60 * hours + minutes);
    }

    function looseFields(text) {
        const date = [], time = [];
        let month, offset, at = 0;
        const has = (pattern) => {
            pattern.lastIndex = at;
            const match = pattern.exec(text);
            if (match) { at += match[0].length; }
            return match;
        };
        const addDate = (number) => {
            if (month === undefined ? date.length > 2 : date.length > 1) { return false; }
            date.push(number);
            return true;
        };
        while (at < text.length) {
            let match;
            if ((match = has(/(\d+):(\d+)(?::(\d+)(?:[.:](\d+))?)?(:?)/y))) {
                const [, hour, minute, second = '0', fraction = '0', colon] = match;
                if (time.length || colon || hour > 24 || minute > 59 || second > 59) { return undefined; }
                time.push(+hour, +minute, +second, +native.padEnd(fraction, 3, '0').slice(0, 3));
            } else if ((match = has(/(\d+)-?/y))) {
                if (match[1].length > 9 || !addDate(+match[1])) { return undefined; }
            } else if ((match = has(/[A-Za-z]+/y))) {
                const [kind, value] = named(match[0]) || [];
                if (kind === 'month') {
                    if (month !== undefined || date.length > 2) { return undefined; }
                    month = value;
                } else if (kind === 'half') {
                    if (!time.length) { return undefined; }
                    if (time[0] <= 12) { time[0] = (time[0] % 12) + value; }
                } else if (kind === 'zone') {
                    if (offset !== undefined) { return undefined; }
                    offset = value;
                } else if (kind !== 'day') {
                    return undefined;
                }
                if (kind !== 'zone') { has(/-/y); }
            } else if ((match = has(/[+-]\d{0,2}:?\d{0,2}/y))) {
                if (at - match[0].length + 1 >= text.length || (offset !== undefined && offset !== 0)) { return undefined; }
                offset = minutesOf(match[0]);
            } else if ((match = has(/\(/y))) {
                for (let depth = 1; at < text.length && depth; at++) { depth += text[at] === '(' ? 1 : text[at] === ')' ? -1 : 0; }
            } else if (!has(/[\s\u00a0!"#%&'*,./:;?@\\]/y)) {
                return undefined;
            }
        }
        return assembled(date, month, time, offset);
    }

    // Which number is the year is seen from their sizes: a first one that can be a day is a month, or the day of a named one.
    function assembled(date, month, time, offset) {
        let year, day, number = month;
        if (month === undefined) { [year, number = 1, day = 1] = date; } else { [year, day = 1] = date; }
        if (year === undefined) {
            if (!time.length) { return undefined; }
            year = 0;
        }
        if (within(year, 1, 31)) {
            if (month === undefined) { [year, number, day] = [day, year, number]; } else { [year, day] = [day, year]; }
        }
        if (!within(number, 1, 12) || !within(day, 1, 31)) { return undefined; }
        if (year < 100) { year += year >= 50 ? 1900 : 2000; }
        return { fields: [year, number - 1, day, ...(time.length ? time : [0, 0, 0, 0])], offset };
    }

    function parse(text) {
        const found = isoFields(text) || looseFields(text);
        if (!found) { return NaN; }
        const date = new Native(0);
        natives.setUTCFullYear(date, ...found.fields.slice(0, 3));
        const local = natives.setUTCHours(date, ...found.fields.slice(3));
        return found.offset === undefined ? instantOf(local) : local - found.offset * 60000;
    }

    // Fields, of which those of a year below 100 are of the 20th century.
    function made(given) {
        const [year, month, ...rest] = given.map(Number);
        return Native.UTC(year, month, ...rest);
    }

    function instant(given) {
        if (given.length === 0) { return Native.now(); }
        if (given.length > 1) { return instantOf(made(given)); }
        let [value] = given;
        if (typeof value === 'object' && value !== null) { value = isDate(value) ? getTime(value) : primitive(value); }
        return typeof value === 'string' ? parse(value) : Number(value);
    }

    const primitive = (value) => {
        for (const name of ['valueOf', 'toString']) {
            const simple = typeof value[name] === 'function' ? value[name]() : value;
            if (typeof simple !== 'object' || simple === null) { return simple; }
        }
        throw new TypeError('Cannot convert object to primitive value');
    };
    const isDate = (value) => { try { getTime(value); return true; } catch { return false; } };

    const Zoned = function Date(year, month, day, hours, minutes, seconds, milliseconds) {
        if (new.target === undefined) { return new Zoned().toString(); }
        const date = new Native(instant([...arguments]));
        return new.target === Zoned ? date : Object.setPrototypeOf(date, new.target.prototype);
    };

    const two = (number) => (number < 10 ? '0' : '') + number;
    const days = words('Sun Mon Tue Wed Thu Fri Sat');
    const months = words('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec');
    const invalid = (date) => isNaN(getTime(date));
    const yearText = (year) => (year < 0 ? '-' : '') + native.padStart(toText(abs(year)), year < 0 ? 6 : 4, '0');

    function dateText(date) {
        const local = localOf(date);
        return [days[natives.getUTCDay(local)], months[natives.getUTCMonth(local)], two(natives.getUTCDate(local)),
            yearText(natives.getUTCFullYear(local))].join(' ');
    }

    function timeText(date) {
        const local = localOf(date), name = periodAt(getTime(date))[2], minutes = trunc(offsetAt(getTime(date)) / 60000), size = abs(minutes);
        const clock = ['Hours', 'Minutes', 'Seconds'].map((field) => two(natives['getUTC' + field](local))).join(':');
        return `${clock} GMT${minutes < 0 ? '-' : '+'}${two(floor(size / 60))}${two(size % 60)}${name ? ` (${name})` : ''}`;
    }

    const methods = {
        getTimezoneOffset() { return invalid(this) ? NaN : -offsetAt(getTime(this)) / 60000; },
        getYear() { return invalid(this) ? NaN : natives.getUTCFullYear(localOf(this)) - 1900; },
        setYear(year) {
            const full = trunc(+year);
            return apply(methods.setFullYear, this, [full >= 0 && full <= 99 ? 1900 + full : full]);
        },
        toDateString() { return invalid(this) ? 'Invalid Date' : dateText(this); },
        toTimeString() { return invalid(this) ? 'Invalid Date' : timeText(this); },
        toString() { return invalid(this) ? 'Invalid Date' : `${dateText(this)} ${timeText(this)}`; },
        toISOString() {
            if (invalid(this)) { throw new RangeError('time value is not a finite number'); }
            return natives.toISOString(this);
        },
    };
    methods.toLocaleString = methods.toString;
    methods.toLocaleDateString = methods.toDateString;
    methods.toLocaleTimeString = methods.toTimeString;
    for (const field of words('FullYear Month Date Hours Minutes Seconds Milliseconds Day')) {
        methods['get' + field] = { get() { return natives['getUTC' + field](localOf(this)); } }.get;
        if (field === 'Day') { continue; }
        methods['set' + field] = { set(...given) {
            const local = invalid(this) && field === 'FullYear' ? new Native(0) : localOf(this);
            const time = natives['setUTC' + field](local, ...given);
            return natives.setTime(this, instantOf(time));
        } }.set;
    }
    hide(prototype, methods);
    hide(prototype, { constructor: Zoned, toGMTString: prototype.toUTCString });
    Object.defineProperty(Zoned, 'prototype', { value: prototype, writable: false });
    hide(Zoned, { UTC: Native.UTC, now: Native.now, parse: { parse(text) { return parse(toText(text)); } }.parse });
    hide(globalThis, { Date: Zoned });
})
