// Java's texts of numbers, and its `String.format`.
(function (host) {
    'use strict';
    const { fail, isInt, native } = host, toText = String, { abs, floor, log10, max } = Math, { fromCodePoint } = String, Whole = BigInt, { is } = Object;
    const { exec } = RegExp.prototype, { apply } = host;
    const typeOf = (value) => (typeof value === 'number' ? (isInt(value) ? 'Integer' : 'Double')
        : typeof value === 'string' ? 'String' : typeof value === 'boolean' ? 'Boolean' : 'Object');
    const kinds = { String: 'java.lang.String', Integer: 'java.lang.Integer', Double: 'java.lang.Double', Boolean: 'java.lang.Boolean',
        Object: 'com.oracle.truffle.polyglot.PolyglotMap' };

    host.numberText = function (value) {
        if (isInt(value) && !is(value, -0)) { return toText(value); }
        if (!isFinite(value)) { return toText(value); }
        const size = abs(value);
        if (size === 0 || (size >= 1e-3 && size < 1e7)) {
            const text = is(value, -0) ? '-0' : toText(value);
            return native.includes(text, '.') ? text : text + '.0';
        }
        const [digits, exponent] = value.toExponential().split('e');
        return `${native.includes(digits, '.') ? digits : digits + '.0'}E${+exponent}`;
    };

    const grouped = (text) => text.replace(/^(-?\d+)/, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ','));

    // Half up on the decimal text, as Java rounds.
    function fixed(value, precision) {
        if (abs(value) >= 1e21) { return Whole(value).toString() + (precision ? '.' + native.repeat('0', precision) : ''); }
        const shortest = toText(abs(value)), [digits, exponent] = shortest.split('e');
        if (exponent) { return value.toFixed(precision); }
        const [whole, part = ''] = digits.split('.');
        if (part.length <= precision) { return `${value < 0 ? '-' : ''}${whole}${precision ? '.' + native.padEnd(part, precision, '0') : ''}`; }
        const kept = Whole(whole + part.slice(0, precision)) + (part[precision] >= '5' ? 1n : 0n);
        const all = native.padStart(toText(kept), precision + 1, '0'), cut = all.length - precision;
        return `${value < 0 ? '-' : ''}${all.slice(0, cut)}${precision ? '.' + all.slice(cut) : ''}`;
    }

    function scientific(value, precision) {
        const [digits, exponent] = value.toExponential(precision).split('e'), size = native.padStart(toText(abs(exponent)), 2, '0');
        return `${digits}e${exponent < 0 ? '-' : '+'}${size}`;
    }

    function signed(text, negative, flags) {
        if (negative) { return native.includes(flags, '(') ? `(${text})` : '-' + text; }
        return native.includes(flags, '+') ? '+' + text : native.includes(flags, ' ') ? ' ' + text : text;
    }

    function converted(kind, value, flags, width, precision) {
        const lower = kind.toLowerCase(), mismatch = () => fail(`${kind} != ${kinds[typeOf(value)]}`);
        const nothing = value === null || value === undefined;
        if (lower === 'b') { return cut(toText(typeof value === 'boolean' ? value : !nothing), precision); }
        if (nothing) { return cut('null', precision); }
        if (lower === 's') { return cut(typeof value === 'number' ? host.numberText(value) : toText(value), precision); }
        if (lower === 'h') { return (host.call(toText(value), 'hashCode', []) >>> 0).toString(16); }
        if (lower === 'c') {
            if (typeof value === 'string' && value.length === 1) { return value; }
            return isInt(value) ? fromCodePoint(value) : mismatch();
        }
        if (lower === 'd' || lower === 'x' || lower === 'o') {
            if (!isInt(value)) { mismatch(); }
            if (lower !== 'd') {
                const mark = native.includes(flags, '#') ? (lower === 'x' ? '0x' : '0') : '';
                return mark + (value >>> 0).toString(lower === 'x' ? 16 : 8);
            }
            const digits = native.includes(flags, ',') ? grouped(toText(abs(value))) : toText(abs(value));
            return filled(signed(digits, value < 0, flags), flags, width);
        }
        if (typeOf(value) !== 'Double') { mismatch(); }
        if (!isFinite(value)) { return signed(isNaN(value) ? 'NaN' : 'Infinity', value < 0, isNaN(value) ? '' : flags); }
        const places = precision ?? 6, size = abs(value);
        const general = size === 0 || (size >= 1e-4 && size < 10 ** (places || 1));
        let digits;
        if (lower === 'e') {
            digits = scientific(size, places);
        } else if (lower === 'f') {
            digits = fixed(size, places);
        } else if (lower === 'g') {
            const shown = places || 1;
            digits = general ? fixed(size, max(shown - (size ? floor(log10(size)) + 1 : 1), 0)) : scientific(size, shown - 1);
        } else {
            digits = host.numberText(size);
        }
        return filled(signed(native.includes(flags, ',') ? grouped(digits) : digits, value < 0 || is(value, -0), flags), flags, width);
    }

    const cut = (text, precision) => (precision === undefined ? text : text.slice(0, precision));
    const filled = (text, flags, width) => (native.includes(flags, '0') && width
        ? text.replace(/^([-+ (]?)/, (sign) => sign + native.repeat('0', max(width - text.length, 0))) : text);

    const placeholder = /%(?:(\d+)\$|(<))?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?(t?[a-zA-Z%])/y;

    host.format = function (pattern, given) {
        let made = '', next = 0, last = -1;
        for (let at = 0; at < pattern.length;) {
            if (pattern[at] !== '%') { made += pattern[at++]; continue; }
            placeholder.lastIndex = at;
            const match = apply(exec, placeholder, [pattern]);
            if (!match) { fail(`Conversion = '${pattern[at + 1] ?? '%'}'`); }
            const [all, index, again, flags, width, precision, kind] = match;
            at += all.length;
            let text;
            if (kind === 'n' || kind === '%') {
                text = kind === 'n' ? '\n' : '%';
            } else {
                if (!/^[bBhHsScCdoxXeEfgGaA]$/.test(kind)) { fail(`Conversion = '${kind}'`); }
                last = index ? index - 1 : again ? last : next++;
                if (last < 0 || last >= given.length) { fail(`Format specifier '${all}'`); }
                text = converted(kind, given[last], flags, width && +width, precision && +precision);
                if (kind !== kind.toLowerCase()) { text = text.toUpperCase(); }
                if (/[xXo]/.test(kind)) { text = filled(text, flags, width && +width); }
            }
            made += native.includes(flags, '-') ? native.padEnd(text, +width || 0) : native.padStart(text, +width || 0);
        }
        return made;
    };
})
