// What the service's `moment`, 2.21.0, has and does that the older one of the package has not.
(function (moment) {
    'use strict';
    const { apply, ownKeys } = Reflect, { abs, floor, round } = Math;
    const { fn, duration } = moment, spans = duration.fn, text = String;
    const original = { year: fn.year, set: fn.set, isoWeekday: fn.isoWeekday, parseZone: fn.parseZone, utcOffset: fn.utcOffset, toISOString: fn.toISOString, threshold: moment.relativeTimeThreshold };

    moment.version = '2.21.0';
    moment.HTML5_FMT = {
        DATETIME_LOCAL: 'YYYY-MM-DDTHH:mm', DATETIME_LOCAL_SECONDS: 'YYYY-MM-DDTHH:mm:ss',
        DATETIME_LOCAL_MS: 'YYYY-MM-DDTHH:mm:ss.SSS', DATE: 'YYYY-MM-DD', TIME: 'HH:mm', TIME_SECONDS: 'HH:mm:ss',
        TIME_MS: 'HH:mm:ss.SSS', WEEK: 'YYYY-[W]WW', MONTH: 'YYYY-MM',
    };
    moment.relativeTimeRounding = (rounding) => (rounding === undefined ? round : typeof rounding === 'function');
    moment.relativeTimeThreshold = function (name, limit) {
        return name === 'ss' ? (limit === undefined ? 44 : true) : apply(original.threshold, moment, arguments);
    };

    // Moments

    // The 29th of February becomes the 28th in a year that has none.
    function setYear(year) {
        if (year === undefined || year === null) { return apply(original.year, this, arguments); }
        const isLeapDay = this.isValid() && this.month() === 1 && this.date() === 29;
        if (isLeapDay && !(year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0))) { this.date(28); }
        return apply(original.year, this, arguments);
    }
    fn.year = fn.years = setYear;
    fn.set = function (unit, value) {
        return moment.normalizeUnits(unit) === 'year' && typeof unit === 'string' ? this.year(value) : apply(original.set, this, arguments);
    };
    fn.isoWeekday = function (day) {
        if (typeof day !== 'string' || !isNaN(day)) { return apply(original.isoWeekday, this, arguments); }
        if (!this.isValid()) { return this; }
        const number = this.localeData().weekdaysParse(day);
        return apply(original.isoWeekday, this, [typeof number === 'number' ? number % 7 || 7 : NaN]);
    };
    fn.utcOffset = function (offset) {
        const unreadable = typeof offset === 'string' && !/Z|[+-]\d\d(?::?\d\d)?/i.test(offset);
        return unreadable && this.isValid() ? this : apply(original.utcOffset, this, arguments);
    };
    fn.parseZone = function () {
        const unzoned = this._tzm === undefined && typeof this._i === 'string' && !/Z|[+-]\d\d:?\d\d/i.test(this._i);
        return unzoned ? this.utcOffset(0, true) : apply(original.parseZone, this, []);
    };
    fn.toISOString = function (keepsOffset) {
        if (!this.isValid()) { return null; }
        const year = keepsOffset === true ? this.year() : this.clone().utc().year();
        const long = year < 0 || year > 9999 ? 'YYYYYY' : 'YYYY';
        return keepsOffset === true ? this.format(`${long}-MM-DD[T]HH:mm:ss.SSSZ`) : apply(original.toISOString, this, []);
    };
    fn.toJSON = function () { return this.isValid() ? this.toISOString() : null; };
    fn.inspect = function () {
        if (!this.isValid()) { return `moment.invalid(/* ${this._i} */)`; }
        let name = 'moment', zone = '';
        if (!this.isLocal()) {
            name = this.utcOffset() === 0 ? 'moment.utc' : 'moment.parseZone';
            zone = 'Z';
        }
        const year = this.year() >= 0 && this.year() <= 9999 ? 'YYYY' : 'YYYYYY';
        return this.format(`[${name}("]${year}-MM-DD[T]HH:mm:ss.SSS${zone}[")]`);
    };

    // Durations. One is invalid if it was made of a unit that durations have not, or of a fraction with smaller units behind it.

    const units = ['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second', 'millisecond'];

    function isValidInput(input) {
        let fraction = false;
        const given = {};
        for (const key of ownKeys(input)) {
            const unit = moment.normalizeUnits(key);
            if (unit === undefined) { continue; } // and is left out
            if (units.indexOf(unit) < 0 || (input[key] !== null && input[key] !== undefined && isNaN(input[key]))) { return false; }
            given[unit] = input[key];
        }
        for (const unit of units) {
            if (given[unit]) {
                if (fraction) { return false; }
                fraction = parseFloat(given[unit]) !== floor(given[unit]) && parseFloat(given[unit]) !== -floor(-given[unit]);
            }
        }
        return true;
    }

    const isPlain = (input) => typeof input === 'object' && input !== null && input._milliseconds === undefined && !('from' in input && 'to' in input);

    function makeDuration(input, unit) {
        const made = duration(input, unit);
        let valid = true;
        if (typeof input === 'number' && unit !== undefined && unit !== null) {
            valid = isValidInput({ [unit]: input });
        } else if (isPlain(input)) {
            valid = isValidInput(input);
        } else if (typeof input === 'number' && isNaN(input)) {
            valid = false;
        } else if (input !== null && typeof input === 'object' && input._isValid === false) {
            valid = false;
        }
        if (!valid) { Object.defineProperty(made, '_isValid', { value: false, configurable: true }); }
        return made;
    }
    for (const key of ownKeys(duration)) {
        if (key !== 'length' && key !== 'name' && key !== 'prototype') { makeDuration[key] = duration[key]; }
    }
    moment.duration = makeDuration;

    const isInvalid = (span) => span._isValid === false;
    const numbers = ['as', 'get', 'valueOf', 'milliseconds', 'seconds', 'minutes', 'hours', 'days', 'weeks', 'months', 'years',
        'asMilliseconds', 'asSeconds', 'asMinutes', 'asHours', 'asDays', 'asWeeks', 'asMonths', 'asYears'];
    for (const name of numbers) {
        const method = spans[name];
        spans[name] = function () { return isInvalid(this) ? NaN : apply(method, this, arguments); };
    }
    const { humanize } = spans;
    spans.humanize = function () {
        return isInvalid(this) ? this.localeData().invalidDate() : apply(humanize, this, arguments);
    };
    spans.isValid = function () { return !isInvalid(this); };
    spans.clone = function () { return makeDuration(this); };

    // Years and months, days, and the time have signs of their own where they differ from that of the whole.
    spans.toISOString = function () {
        if (isInvalid(this)) { return this.localeData().invalidDate(); }
        const total = this.asSeconds();
        if (!total) { return 'P0D'; }
        const milliseconds = abs(this._milliseconds), days = abs(this._days), months = abs(this._months);
        const seconds = milliseconds / 1000;
        const parts = { Y: floor(months / 12), M: months % 12, D: days };
        const clock = { H: floor(seconds / 3600), M: floor(seconds / 60) % 60, S: seconds % 60 };
        const shown = clock.S ? text(+clock.S.toFixed(3)) : '';
        const sign = (value) => ((value < 0) === (total < 0) || !value ? '' : '-');
        const month = sign(this._months), day = sign(this._days), time = sign(this._milliseconds);
        return (total < 0 ? '-' : '') + 'P' + (parts.Y ? `${month}${parts.Y}Y` : '') + (parts.M ? `${month}${parts.M}M` : '') +
            (parts.D ? `${day}${parts.D}D` : '') + (clock.H || clock.M || clock.S ? 'T' : '') + (clock.H ? `${time}${clock.H}H` : '') +
            (clock.M ? `${time}${clock.M}M` : '') + (shown ? `${time}${shown}S` : '');
    };
    spans.toString = spans.toJSON = spans.toISOString;
})
