// Is a source of `load` a file: a path (a text without a scheme) or a file URL?
export const isFile = (source) => typeof source === 'string' ? !/^[a-z][a-z0-9+.-]+:\/\//i.test(source) :
    source instanceof URL && source.protocol === 'file:';
