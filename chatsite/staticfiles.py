"""Static files under names that change with their content, so that a browser may keep them for ever."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class ModuleStorage(CompressedManifestStaticFilesStorage):
    """Rewrites the imports of JavaScript modules too; a module's name changes when one it imports does."""

    support_js_module_import_aggregation = True
