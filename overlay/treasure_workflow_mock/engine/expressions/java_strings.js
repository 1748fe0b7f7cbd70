// The methods of Java's strings, which the service's scripts reach on theirs.
(function (host) {
    'use strict';
    const { PlatformError, hide, native, NativeRegExp } = host;
    const { fromCharCode } = String, toText = String, { isArray } = Array, { imul } = Math, { assign } = Object;
    // Something of the platform's that scripts can hold, but not look into.
    class Foreign { }
    const isForeign = (value) => value instanceof Foreign;
    const foreign = (members) => { const made = Object.create(new Foreign()); hide(made, members || {}); return made; };

    const fail = (message) => { throw new PlatformError(message); };
    const outOfBounds = (message) => fail(message);
    const isInt = (value) => typeof value === 'number' && value === (value | 0);
    const isChar = (value) => typeof value === 'string' && value.length === 1;
    const fits = { s: (value) => typeof value === 'string', i: isInt, o: () => true, c: isChar };

    // Regular expressions of Java's as JavaScript's.
    const classes = {
        Alpha: 'A-Za-z', Digit: '0-9', Alnum: 'A-Za-z0-9', Upper: 'A-Z', Lower: 'a-z', Space: '\\s', Blank: ' \\t',
        Punct: '!-\\/:-@\\[-`{-~', XDigit: '0-9A-Fa-f', ASCII: '\\x00-\\x7f', Cntrl: '\\x00-\\x1f\\x7f', Graph: '!-~', Print: ' -~',
        javaLowerCase: 'a-z', javaUpperCase: 'A-Z', javaWhitespace: '\\s', IsAlphabetic: '\\p{Alphabetic}',
    };

    function toRegExp(pattern, flags, whole) {
        const leading = /^\(\?([imsux]+)\)/.exec(pattern);
        let source = leading ? pattern.slice(leading[0].length) : pattern;
        const all = flags + (leading ? leading[1].replace(/[ux]/g, '') : '');
        source = source.replace(/\\Q([\s\S]*?)(?:\\E|$)/g, (_, text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
        let inClass = 0;
        source = source.replace(/\\(?:([pP])(?:\{(\w+)\}|(\w))|([\s\S]))|\[|\]|([*+?}])\+/g, (text, kind, long, short, letter, possessive) => {
            if (text === '[') { inClass += 1; return inClass > 1 ? '' : text; }
            if (text === ']') { inClass -= inClass > 0 ? 1 : 0; return inClass > 0 ? '' : text; }
            if (possessive) { return inClass ? text : possessive; }
            if (kind) {
                const members = classes[long || short] || `\\p{${(long || short).replace(/^Is/, '')}}`;
                if (inClass) { return members; }
                return kind === 'p' ? `[${members}]` : `[^${members}]`;
            }
            if (letter === 'A') { return '^'; }
            if (letter === 'z' || letter === 'Z') { return '$'; }
            if (letter === 'h') { return inClass ? ' \\t\\xa0' : '[ \\t\\xa0]'; }
            return text;
        });
        source = source.replace(/\(\?([ims]+)\)/g, '');
        try {
            return new NativeRegExp(whole ? `^(?:${source})$` : source, all + (/\\p\{|\\x\{|\(\?</.test(source) ? 'u' : ''));
        } catch (error) {
            return fail(syntaxMessage(pattern, error.message));
        }
    }

    function syntaxMessage(pattern, message) {
        const at = (words, index) => `${words} near index ${index}\n${pattern}` +
            (index < pattern.length && index > 0 ? `\n${native.repeat(' ', index)}^` : '');
        if (/^[*+?]/.test(pattern)) { return `Dangling meta character '${pattern[0]}' near index 0\n${pattern}\n^`; }
        if (/\[[^\]]*$/.test(pattern)) { return at('Unclosed character class', pattern.length - 1); }
        if (/^[^()]*\)/.test(pattern)) { return at("Unmatched closing ')'", Math.max(pattern.indexOf(')') - 1, 0)); }
        if (/\(/.test(pattern)) { return at('Unclosed group', pattern.length); }
        return at(message, pattern.length);
    }

    // What stands for a match: `$1` and `${name}` are groups, a backslash takes the next character as it is.
    function replacement(template, match) {
        let made = '';
        for (let at = 0; at < template.length; at++) {
            const sign = template[at];
            if (sign === '\\') {
                if (++at >= template.length) { fail('character to be escaped is missing'); }
                made += template[at];
            } else if (sign === '$') {
                const named = /^\{([A-Za-z]\w*)\}/.exec(template.slice(at + 1)), digit = /^\d/.exec(template.slice(at + 1));
                if (named) {
                    if (!match.groups || !(named[1] in match.groups)) { fail(`No group with name {${named[1]}}`); }
                    made += match.groups[named[1]] ?? '';
                    at += named[0].length;
                } else if (digit) {
                    let group = +digit[0], length = 1;
                    if (group >= match.length) { fail(`No group ${group}`); }
                    for (let next; (next = template.charCodeAt(at + 1 + length) - 48) >= 0 && next <= 9; length++) {
                        if (group * 10 + next >= match.length) { break; }
                        group = group * 10 + next;
                    }
                    made += match[group] ?? '';
                    at += length;
                } else {
                    fail(at + 1 < template.length ? 'Illegal group reference' : 'Illegal group reference: group index is missing');
                }
            } else {
                made += sign;
            }
        }
        return made;
    }

    function replaced(text, pattern, template, flags) {
        return native.replace(text, toRegExp(pattern, flags), (...given) => {
            const groups = typeof given[given.length - 1] === 'object' ? given.pop() : undefined;
            return replacement(template, assign(given.slice(0, -2), { groups }));
        });
    }

    function compared(text, other) {
        for (let at = 0; at < text.length && at < other.length; at++) {
            if (text[at] !== other[at]) { return text.charCodeAt(at) - other.charCodeAt(at); }
        }
        return text.length - other.length;
    }

    const folded = (text) => native.toLowerCase(native.toUpperCase(text));
    const linesOf = (text) => { const all = text.split(/\r\n|\r|\n/); return all[all.length - 1] === '' ? all.slice(0, -1) : all; };
    const stream = (items) => foreign({
        count: () => items.length, toArray: () => foreign(), sum: () => items.reduce((sum, item) => sum + item, 0),
    });
    const units = (text) => text.split('').map((unit) => unit.charCodeAt(0));
    const checked = (text, index, count) => (index < 0 || index >= text.length
        ? outOfBounds(`Index ${index} out of bounds for length ${text.length}`) : index);
    const isBlank = (text) => /^[\t-\r\x1c-\x20\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000]*$/.test(text);
    const regionMatches = (text, ignoresCase, start, other, otherStart, length) => {
        if (start < 0 || otherStart < 0 || start + length > text.length || otherStart + length > other.length) { return false; }
        const mine = text.substr(start, length), theirs = other.substr(otherStart, length);
        return ignoresCase ? folded(mine) === folded(theirs) : mine === theirs;
    };

    // By name: what they take (s text, i integer, c character, o anything), and what they do.
    const methods = {
        length: [['', (text) => text.length]],
        isEmpty: [['', (text) => text.length === 0]],
        isBlank: [['', isBlank]],
        contains: [['s', (text, other) => native.indexOf(text, other) >= 0]],
        contentEquals: [['s', (text, other) => text === other]],
        equals: [['o', (text, other) => text === other]],
        equalsIgnoreCase: [['s', (text, other) => folded(text) === folded(other)]],
        compareTo: [['s', compared]],
        compareToIgnoreCase: [['s', (text, other) => compared(folded(text), folded(other))]],
        startsWith: [['s', (text, other) => native.startsWith(text, other)],
            ['si', (text, other, at) => at >= 0 && native.startsWith(text, other, at) && at + other.length <= text.length]],
        endsWith: [['s', (text, other) => native.endsWith(text, other)]],
        matches: [['s', (text, pattern) => toRegExp(pattern, '', true).test(text)]],
        replaceAll: [['ss', (text, pattern, template) => replaced(text, pattern, template, 'g')]],
        replaceFirst: [['ss', (text, pattern, template) => replaced(text, pattern, template, '')]],
        repeat: [['i', (text, count) => (count < 0 ? fail(`count is negative: ${count}`) : native.repeat(text, count))]],
        subSequence: [['ii', (text, start, end) => (start < 0 || end > text.length || start > end
            ? outOfBounds(`begin ${start}, end ${end}, length ${text.length}`) : text.slice(start, end))]],
        hashCode: [['', (text) => units(text).reduce((hash, unit) => (imul(hash, 31) + unit) | 0, 0)]],
        codePointAt: [['i', (text, at) => native.codePointAt(text, checked(text, at))]],
        codePointBefore: [['i', (text, at) => (at < 1 || at > text.length ? outOfBounds(`Index ${at} out of bounds for length ${text.length}`)
            : native.codePointAt([...text.slice(0, at)].pop(), 0))]],
        codePointCount: [['ii', (text, start, end) => (start < 0 || end > text.length || start > end
            ? outOfBounds(`Range [${start}, ${end}) out of bounds for length ${text.length}`) : [...text.slice(start, end)].length)]],
        offsetByCodePoints: [['ii', (text, at, count) => at + [...text.slice(at)].slice(0, count).join('').length]],
        regionMatches: [['isii', (text, ...given) => regionMatches(text, false, ...given)],
            ['oisii', (text, ...given) => regionMatches(text, ...given)]],
        intern: [['', (text) => text]],
        strip: [['', (text) => native.trimEnd(native.trimStart(text))]],
        stripLeading: [['', (text) => native.trimStart(text)]],
        stripTrailing: [['', (text) => native.trimEnd(text)]],
        stripIndent: [['', (text) => {
            const lines = text.split('\n'), full = lines.filter((line, at) => !isBlank(line) || at === lines.length - 1);
            const least = Math.min(...full.map((line) => /^\s*/.exec(line)[0].length));
            return lines.map((line) => (isBlank(line) ? '' : native.trimEnd(line.slice(least)))).join('\n');
        }]],
        indent: [['i', (text, count) => linesOf(text).map((line) => (count >= 0 ? native.repeat(' ', count) + line
            : line.slice(Math.min(-count, /^\s*/.exec(line)[0].length)))).map((line) => line + '\n').join('')]],
        translateEscapes: [['', (text) => text.replace(/\\(n|t|r|b|f|s|[0-7]{1,3}|[\s\S])/g, (_, sign) => (
            { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', s: ' ' }[sign] ?? (/^[0-7]/.test(sign) ? fromCharCode(parseInt(sign, 8)) : sign)))]],
        lines: [['', (text) => stream(linesOf(text))]],
        chars: [['', (text) => stream(units(text))]],
        codePoints: [['', (text) => stream([...text].map((one) => native.codePointAt(one, 0)))]],
        toCharArray: [['', () => foreign()]],
        getBytes: [['', () => foreign()], ['s', (text, charset) => (/^(utf-?8|us-ascii|iso-8859-1|utf-16(be|le)?|shift_jis|windows-31j)$/i.test(charset)
            ? foreign() : fail(charset))]],
        describeConstable: [['', () => foreign({ get: () => undefined, isPresent: () => true })]],
        getClass: [['', () => javaClass]],
        formatted: [],
        transform: [['o', (text, make) => (typeof make === 'function' ? make(text) : unsupported())]],
        notify: [['', () => fail('current thread is not owner')]],
        notifyAll: [['', () => fail('current thread is not owner')]],
        wait: [['', () => fail('current thread is not owner')]],
    };

    function unsupported() {
        throw new TypeError('execute on foreign object failed due to: UnsupportedTypeException');
    }

    const { hasOwn } = Object;
    host.isJavaMethod = (name) => hasOwn(methods, name);
    host.invoke = function (text, name, given) {
        if (name === 'formatted') { return host.format(text, given); }
        const choices = methods[name].filter(([types]) => types.length === given.length);
        if (!choices.length) {
            const expected = methods[name].map(([types]) => types.length).join(' or ');
            throw new TypeError('execute on foreign object failed due to: Arity error - expected: ' + expected + ` actual: ${given.length}`);
        }
        const [choice] = choices.filter(([types]) => given.every((value, at) => fits[types[at]](value)));
        return choice ? choice[1](text, ...given) : unsupported();
    };

    // The class itself.

    const javaClass = foreign();
    javaClass.self = javaClass; // as JSON it goes in circles
    const isListOf = (value, fit) => isArray(value) && value.every(fit);
    host.JavaString = function (value) {
        if (value !== undefined && typeof value !== 'string') { unsupported(); }
        return value ?? '';
    };
    hide(host.JavaString, {
        valueOf(value, at, count) {
            if (isListOf(value, (item) => isInt(item) || isChar(item))) {
                const text = value.map((item) => (isInt(item) ? fromCharCode(item) : item)).join('');
                return arguments.length > 1 ? text.substr(at, count) : text;
            }
            if (arguments.length !== 1) { unsupported(); }
            return typeof value === 'number' ? host.numberText(value) : toText(value);
        },
        copyValueOf(value) { return host.JavaString.valueOf(value); },
        join(separator, ...items) {
            const parts = items.length === 1 && isArray(items[0]) ? items[0] : items;
            if (typeof separator !== 'string') { unsupported(); }
            return parts.map((part) => (part === null || part === undefined ? 'null' : typeof part === 'string' ? part : unsupported())).join(separator);
        },
        format(pattern, ...given) {
            if (typeof pattern !== 'string') { unsupported(); }
            return host.format(pattern, given);
        },
        CASE_INSENSITIVE_ORDER: foreign(),
    });
    hide(host.JavaString, { toJSON() { throw new TypeError('Converting circular structure to JSON'); } });
    Object.assign(host, { isForeign, fail, isInt });
})
