"""Whether a resource is FHIR R4, by the models of fhirclient: what is there has to be known and of its type, and what has to be there is.

A line in: a resource. A line out: {"problems": ["…"]}.
"""

import json
import sys

from fhirclient.models.fhirabstractbase import FHIRValidationError
from fhirclient.models.fhirelementfactory import FHIRElementFactory


def problems_of(resource):
    try:
        FHIRElementFactory.instantiate(resource["resourceType"], resource)
    except FHIRValidationError as error:
        return [str(error)]
    return []


for line in sys.stdin:
    print(json.dumps({"problems": problems_of(json.loads(line))}), flush=True)
