// A `Date` whose local time is that of a given zone, whatever the zone of the machine.
// `offsets` lists the zone's clock changes: [milliseconds since the epoch, offset from then on in milliseconds], rising.
(function (offsets) {
    var Native = Date, DAY = 86400000;
    var days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
    var months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
    var hasZone = /(Z|GMT|UTC|[+-]\d\d:?\d\d)\s*$/i, isDateOnly = /^[+-]?\d{4,6}(-\d\d){0,2}$/;

    function offsetAt(time) {
        var low = 0, high = offsets.length - 1;
        while (low < high) {
            var middle = (low + high + 1) >> 1;
            if (offsets[middle][0] <= time) { low = middle; } else { high = middle - 1; }
        }
        return offsets[low][1];
    }

    // Of a local time that is there twice the earlier instant; one that is skipped counts from before the change.
    function instantOf(local) {
        var before = local - offsetAt(local - DAY), after = local - offsetAt(local + DAY);
        return offsetAt(before) !== local - before && offsetAt(after) === local - after ? after : before;
    }

    function local(date) {
        var time = date.getTime();
        return new Native(time + offsetAt(time));
    }

    function parse(text) {
        text = String(text);
        if (hasZone.test(text) || isDateOnly.test(text)) { return Native.parse(text); }
        var time = Native.parse(text + 'Z');
        return instantOf(isNaN(time) ? Native.parse(text + ' UTC') : time);
    }

    function instant(given) {
        if (given.length === 0) { return Native.now(); }
        if (given.length > 1) { return instantOf(Native.UTC.apply(null, given)); }
        var value = given[0] instanceof Native ? given[0].getTime() : given[0];
        return typeof value === 'string' ? parse(value) : Number(value);
    }

    function ZonedDate() {
        if (!new.target) { return new ZonedDate().toString(); }
        var date = new Native(instant(arguments));
        Object.setPrototypeOf(date, ZonedDate.prototype);
        return date;
    }

    function two(number) { return (number < 10 ? '0' : '') + number; }

    var methods = {
        getTimezoneOffset: function () { return -offsetAt(this.getTime()) / 60000; },
        getYear: function () { return this.getFullYear() - 1900; },
        toDateString: function () {
            var date = local(this);
            return [days[date.getUTCDay()], months[date.getUTCMonth()], two(date.getUTCDate()), date.getUTCFullYear()].join(' ');
        },
        toTimeString: function () {
            var minutes = offsetAt(this.getTime()) / 60000, size = Math.abs(minutes);
            var sign = minutes < 0 ? '-' : '+', offset = two(Math.floor(size / 60)) + two(Math.floor(size % 60));
            return local(this).toISOString().slice(-13, -5) + ' GMT' + sign + offset;
        },
        toString: function () {
            return isNaN(this.getTime()) ? 'Invalid Date' : this.toDateString() + ' ' + this.toTimeString();
        }
    };
    ['FullYear', 'Month', 'Date', 'Hours', 'Minutes', 'Seconds', 'Milliseconds', 'Day'].forEach(function (field) {
        methods['get' + field] = function () { return local(this)['getUTC' + field](); };
        methods['set' + field] = function () {
            var date = local(this);
            date['setUTC' + field].apply(date, arguments);
            return this.setTime(instantOf(date.getTime()));
        };
    });
    delete methods.setDay;

    ZonedDate.prototype = Object.assign(Object.create(Native.prototype), methods, { constructor: ZonedDate });
    ZonedDate.UTC = Native.UTC;
    ZonedDate.now = Native.now;
    ZonedDate.parse = parse;
    globalThis.Date = ZonedDate;
})
